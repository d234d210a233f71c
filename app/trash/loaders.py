"""Reading deletions."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Integer, func

from app.db.source import Source
from app.graph.context import Context
from app.graph.paging import DeletedScope, Order, Page, Slice
from app.graph.select import Key, pages, rows_by_key
from app.trash.models import Deletion

DELETIONS = Source(Deletion)
KINDS = tuple(column.name for column in DELETIONS.table.c if isinstance(column.type, Integer))  # tables with a count
NEWEST_DELETIONS_FIRST = Order("deleted_at", descending=True)
# What can be restored: not what has been, nor what the purge may have begun with. By the clock, and not by the time at
# which the transaction began, so that who waits for the purge's lock sees that the time is over.
IN_TRASH = DELETIONS.table.c.restored_at.is_(None) & (DELETIONS.table.c.purge_at > func.clock_timestamp())


class InTrash:
    """Only deletions that can be restored."""

    def where(self, _source: Source) -> ColumnElement[bool]:
        return IN_TRASH


async def deletion_by_id(context: Context, keys: Sequence[Key]) -> list[Any]:
    """The deletion of each key."""
    return await rows_by_key(context, DELETIONS, keys)


async def deletions_by_organization(context: Context, organizations: Sequence[Key], page: Page) -> list[Slice]:
    """A page of what is in each organization's trash."""
    page = replace(page, deleted=DeletedScope.INCLUDE, filter=InTrash())
    return await pages(context, DELETIONS, organizations, page, by="organization_id")
