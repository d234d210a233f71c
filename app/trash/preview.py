"""Counting what a delete would take."""

from functools import lru_cache
from itertools import groupby
from uuid import UUID

from sqlalchemy import Select, Table, Uuid, bindparam, func, select, union

from app.db.record import Record
from app.db.statement import Statement, prepare
from app.graph.context import Context
from app.graph.select import Key
from app.trash.cascade import organization_of, owned_under


async def count_under(context: Context, table: Table, key: Key) -> Record:
    """How many live rows of each table there are under a live row of `table`, itself included; one statement."""
    (counts,) = await context.fetch(_counts(table), {"organization_id": key.organization_id, "id": key.id})
    return counts


@lru_cache(100)
def _counts(root: Table) -> Statement[Record]:
    taken = {root: _live(root).where(root.c.id == bindparam("id", type_=Uuid)).cte(f"{root.name}_taken")}
    for child, edges in groupby(owned_under(root), key=lambda edge: edge.child):
        under = (_live(child).where(child.c[edge.column].in_(select(taken[edge.parent].c.id))) for edge in edges)
        taken[child] = union(*under).cte(f"{child.name}_taken")
    totals = (
        select(func.count()).select_from(rows).scalar_subquery().label(table.name) for table, rows in taken.items()
    )
    return prepare(select(*totals))


def _live(table: Table) -> Select[tuple[UUID]]:
    return select(table.c.id).where(
        organization_of(table) == bindparam("organization_id", type_=Uuid), table.c.deleted_at.is_(None)
    )
