"""Locking what is to be restored: from the top down, as whoever deletes or changes what is above does it."""

from collections.abc import Sequence
from functools import lru_cache
from uuid import UUID

from sqlalchemy import Table, func, select

from app.db.columns import table_of
from app.db.record import Row
from app.db.source import Source
from app.db.statement import Statement, prepare
from app.graph.context import Context
from app.organizations.models import Organization
from app.trash.cascade import Edge, organization_of, owners_of
from app.writing.rows import given_ids, of_keys, rows_for_update

organizations = table_of(Organization)


async def rows_to_restore(context: Context, source: Source[Row], ids: Sequence[UUID], *texts: str) -> list[Row | None]:
    """The row of each id, deleted and locked, after all that it belongs to; None where the caller has none.

    Of its long columns it has `texts`.

    Restoring a member of an organization holds the organization and then asks for the teams that they come back to. Who
    held a team first and then asked for its organization would wait for the other, and the other for them.
    """
    for edge in _from_the_top(source.table):
        await context.fetch(_lock_owners(edge), {"ids": list(set(ids))})
    return await rows_for_update(context, source, ids, *texts, deleted=True)


@lru_cache(100)
def _from_the_top(table: Table) -> tuple[Edge, ...]:
    """The edges to all that a row of `table` belongs to; before its team comes the organization."""
    top = Edge(organizations, table, "organization_id", belongs=True, owns=False, cascades=False)
    owners = [edge for edge in owners_of(table) if edge.parent is not organizations]
    return () if table is organizations else (top, *owners)


@lru_cache(100)
def _lock_owners(edge: Edge) -> Statement:
    """Whether they live is looked at later, when nobody can change it any more."""
    owner, child = edge.parent, edge.child
    keys = select(organization_of(child).label("organization_id"), child.c[edge.column].label("id"))
    owners = of_keys(keys, given_ids(), organization_of(child), child.c.id)
    row = select(owner.c.id).with_for_update(read=True)
    locked = of_keys(row, owners, organization_of(owner), owner.c.id).cte("locked")
    return prepare(select(func.count()).select_from(locked))
