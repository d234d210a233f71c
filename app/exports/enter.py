"""Letting `trellis export` into what it names."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, func, null, select, true

from app.db.engine import Connection
from app.db.statement import prepare

ENTER = prepare(select(func.trellis_export_organization(bindparam("slug", type_=Text))))
# As the owner of the tables, like `trellis erase`, which looks for the same traces.
SET = prepare(select(func.set_config(bindparam("name", type_=Text), bindparam("value", type_=Text), true())))
TRACES = prepare(
    select(func.trellis_traces(bindparam("user_id", type_=Uuid), null()).table_valued("persons", "places", "keys"))
)


async def enter_organization(connection: Connection, slug: str) -> UUID | None:
    """The live organization of that slug, whose rows the transaction sees from now on; None where there is none."""
    organization_id: UUID | None = await connection.fetchval(ENTER.text, slug)
    return organization_id


async def enter_places_of(connection: Connection, user_id: UUID) -> Mapping[str, Any]:
    """Who else the person is, their addresses, and the organizations where there is something of them.

    The transaction sees the rows of these from now on.
    """
    await connection.fetchval(SET.text, "app.purpose", "erase")
    (traces,) = await connection.fetch(TRACES.text, user_id)
    await connection.fetchval(SET.text, "app.purpose", "")
    places = "{" + ",".join(map(str, traces["places"])) + "}"
    await connection.fetchval(SET.text, "app.organization_ids", places)
    return {name: traces[name] for name in ("persons", "places", "keys")}
