"""Letting commands into what they name."""

from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Text, Uuid, bindparam, func, null, select, true

from app.db.engine import Connection
from app.db.statement import Parameters, prepare
from app.refusal import Refusal

ENTER = prepare(select(func.trellis_export_organization(bindparam("slug", type_=Text))))
# As the owner of the tables, like `trellis erase`, which looks for the same traces.
SET = prepare(select(func.set_config(bindparam("name", type_=Text), bindparam("value", type_=Text), true())))
TRACES = prepare(
    select(func.trellis_traces(bindparam("user_id", type_=Uuid), null()).table_valued("persons", "places", "keys"))
)


class NoOrganization(Refusal):
    """Nothing that lives has that slug."""


async def enter_organization(connection: "asyncpg.Connection[Any]", slug: str) -> UUID:
    """The live organization of that slug, whose rows the transaction sees from now on. Raises NoOrganization."""
    organization_id: UUID | None = await connection.fetchval(ENTER.text, slug)
    if organization_id is None:
        raise NoOrganization(f"There is no organization with the slug {slug}: look whether it is in the trash")
    return organization_id


async def enter_places_of(connection: Connection, user_id: UUID) -> Parameters:
    """Who else the person is, their addresses, and the organizations where there is something of them.

    The transaction sees the rows of these from now on.
    """
    await connection.fetchval(SET.text, "app.purpose", "erase")
    (traces,) = await connection.fetch(TRACES.text, user_id)
    await connection.fetchval(SET.text, "app.purpose", "")
    places = "{" + ",".join(map(str, traces["places"])) + "}"
    await connection.fetchval(SET.text, "app.organization_ids", places)
    return {name: traces[name] for name in ("persons", "places", "keys")}
