"""Reading people: only those with whom the caller shares an organization."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, Uuid, any_, bindparam, exists, func, literal_column, or_, select

from app.db.row import table_of
from app.db.source import Source
from app.db.statement import Statement, prepare
from app.graph.context import Context
from app.graph.select import Key, given_keys, key_values
from app.members.models import OrganizationMember
from app.users.models import User

users = table_of(User)
memberships = table_of(OrganizationMember)

# Former members count: the tasks they made or had still show them.
shared = (memberships.c.user_id == users.c.id) & (
    memberships.c.organization_id == any_(bindparam("organization_ids", type_=ARRAY(Uuid)))
)
# Whom the caller shares, or shared, an organization with. OFFSET keeps the planner from hashing all of their members.
acquainted = exists(
    select(1).select_from(memberships).where(shared).offset(literal_column("0")).correlate_except(memberships)
)

USERS = Source(
    User,
    organization_ids=func.array(
        select(memberships.c.organization_id).where(shared).correlate(users).scalar_subquery(), type_=ARRAY(Uuid)
    ),
)


async def user_by_id(context: Context, keys: Sequence[Key]) -> list[Any]:
    """The person of each key."""
    return await _people(context, keys, context.columns(USERS))


async def user_by_key(context: Context, keys: Sequence[Key]) -> list[Any]:
    """The person of each key, with the organizations that the policy asks about."""
    return await _people(context, keys, context.columns(USERS, "id", "organization_ids"))


async def _people(context: Context, keys: Sequence[Key], columns: tuple[str, ...]) -> list[Any]:
    values = key_values(keys) | {"actor_id": context.actor.id}
    rows = await context.fetch(_by_id(columns), values)
    found = {row["ordinal"]: row for row in rows}
    return [found.get(ordinal) for ordinal in range(1, len(keys) + 1)]


@lru_cache(1000)
def _by_id(columns: tuple[str, ...]) -> Statement:
    keys = given_keys()
    return prepare(
        select(keys.c.ordinal, *(USERS.columns[name].label(name) for name in columns))
        .select_from(keys)
        .join(users, users.c.id == keys.c.id)
        .where(or_(users.c.id == bindparam("actor_id", type_=Uuid), acquainted)),
        USERS,
    )
