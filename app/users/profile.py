"""Changing what somebody says of themselves, with an event in each of their organizations."""

from typing import NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import Text, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from app.db.statement import Clause, Parameters, statement
from app.events.models import EventType
from app.events.record import record
from app.graph.context import Context
from app.users.loaders import USERS
from app.writing.mutation import UserErrorCode, rejected

PROVIDED = "Your identity provider says what you are called: change it there."


class PersonIn(NamedTuple):
    """A person as the log of one of their organizations speaks of them."""

    organization_id: UUID
    id: UUID
    typename: str = USERS.typename


async def change_profile(context: Context, wanted: Parameters) -> None:
    """Gives the actor the `name` and `avatar_url` of `wanted`, of which each may be left out.

    Raises Rejected where the identity provider says the name.
    """
    values = {"changes": orjson.dumps(wanted).decode()}
    (former,) = await context.fetch(_update(), values)
    if "name" in wanted and former["name_is_provided"]:
        raise rejected(UserErrorCode.LOCKED, PROVIDED, "input", "name")
    before = {name: former[f"former_{name}"] for name in wanted}
    if before != wanted:
        for organization_id in context.actor.organization_ids:
            person = PersonIn(organization_id, context.actor.id)
            record(context, EventType.UPDATED, person, before=before, after=wanted)
    context.batches.clear()


@statement
def _update() -> Clause:
    changed = func.trellis_update_profile(cast(bindparam("changes", type_=Text), JSONB))
    return select(changed.table_valued("former_name", "former_avatar_url", "name_is_provided"))
