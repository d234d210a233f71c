"""Reading deletions."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Integer, func, select

from app.db.source import Source
from app.db.statement import Clause, statement_of
from app.graph.conditions import Chosen, Condition
from app.graph.context import Context
from app.graph.edges import ListOf
from app.graph.filter_path import FilterPath
from app.graph.pages import pages
from app.graph.paging import DeletedScope, Order, Page, Slice
from app.graph.select import Key, rows_by_key
from app.trash.models import Deletion
from app.trash.rows import DeletionRow
from app.writing.rows import of_ids

DELETIONS = Source(Deletion, DeletionRow)
KINDS = tuple(  # the tables with a count
    column.name for column in DELETIONS.table.c if isinstance(column.type, Integer) and column.name != "conversations"
)
DELETION_LIST = ListOf(DELETIONS, Order("deleted_at", descending=True), deletable=False)
# What can be restored: not what has been, nor what the purge may have begun with. By the clock, and not by the time at
# which the transaction began, so that who waits for the purge's lock sees that the time is over.
IN_TRASH = DELETIONS.table.c.restored_at.is_(None) & (DELETIONS.table.c.purge_at > func.clock_timestamp())


class InTrash:
    """Only deletions that can be restored."""

    fingerprint = "in trash"

    def where(self, source: Source, path: FilterPath | None = None) -> Chosen:  # noqa: ARG002  # of this table alone
        return Chosen(Condition(self.fingerprint, lambda: IN_TRASH), {})


async def deletion_by_id(context: Context, keys: Sequence[Key]) -> list[DeletionRow | None]:
    """The deletion of each key."""
    return await rows_by_key(context, DELETIONS, keys)


async def deletion_in_trash(context: Context, ids: Sequence[UUID]) -> list[DeletionRow | None]:
    """The whole row of each deletion that can still be restored."""
    rows = await context.fetch(_in_trash(), {"ids": list(ids)})
    found = {row.id: row for row in rows}
    return [found.get(row_id) for row_id in ids]


@statement_of(DELETIONS)
def _in_trash() -> Clause:
    return of_ids(select(DELETIONS.table).where(IN_TRASH), DELETIONS)


async def deletions_by_organization(context: Context, organizations: Sequence[Key], page: Page) -> list[Slice]:
    """A page of what is in each organization's trash."""
    page = replace(page, deleted=DeletedScope.INCLUDE, filter=InTrash())
    return await pages(context, DELETIONS, organizations, page, by="organization_id")
