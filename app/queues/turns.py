"""Organizations take turns: none waits behind another's whole queue."""

from uuid import UUID

from sqlalchemy import ColumnElement, Table, Uuid, bindparam, func, literal_column, select

from app.db.statement import Clause, Fetch, Statement


def turn(table: Table, due: ColumnElement[bool]) -> Clause:
    """Finds the organization after `after`, in the order of ids and around, in which a row of the table is due."""
    first = select(table.c.organization_id).where(due).order_by(table.c.organization_id).limit(literal_column("1"))
    following = first.where(table.c.organization_id > bindparam("after", type_=Uuid))
    found = func.coalesce(following.scalar_subquery(), first.scalar_subquery())
    return select(found.label("organization_id"))


async def next_in_turn(fetch: Fetch, statement: Statement, after: UUID) -> UUID | None:
    """The organization that a `turn` finds; None where nothing is due."""
    organization_id: UUID | None = (await fetch(statement, {"after": after}))[0]["organization_id"]
    return organization_id
