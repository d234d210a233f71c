"""Letting `trellis export` into what it names."""

from uuid import UUID

from sqlalchemy import Text, bindparam, func, select

from app.db.engine import Connection
from app.db.statement import prepare

ENTER = prepare(select(func.trellis_export_organization(bindparam("slug", type_=Text))))


async def enter_organization(connection: Connection, slug: str) -> UUID | None:
    """The live organization of that slug, whose rows the transaction sees from now on; None where there is none."""
    organization_id: UUID | None = await connection.fetchval(ENTER.text, slug)
    return organization_id
