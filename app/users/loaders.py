"""Reading people: only those with whom the caller shares an organization."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

from sqlalchemy import (
    ARRAY,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
)

from app.db.columns import table_of
from app.db.source import Reference, Source
from app.db.statement import Statement, prepare
from app.events.models import Event
from app.graph.context import Context
from app.graph.long_texts import fetch_measured, measured
from app.graph.select import Key, given_keys, key_values, the_callers
from app.members.models import OrganizationMember
from app.tasks.models import Task
from app.team_members.models import TeamMember
from app.users.models import NOBODY, NOBODYS_NAME, User
from app.users.rows import UserRow

users = table_of(User)
memberships = table_of(OrganizationMember)
team_members = table_of(TeamMember)
events = table_of(Event)
tasks = table_of(Task)

# Former members count: the tasks they made or had still show them.
shared = (memberships.c.user_id == users.c.id) & (
    memberships.c.organization_id == any_(bindparam("organization_ids", type_=ARRAY(Uuid)))
)
# Whom the caller shares, or shared, an organization with. OFFSET keeps the planner from hashing all of their members.
acquainted = exists(
    select(1).select_from(memberships).where(shared).offset(literal_column("0")).correlate_except(memberships)
)

# Of who is no member any more only the name is still shown, beside what they did.
colleague = exists(
    select(1)
    .select_from(memberships)
    .where(shared, memberships.c.deleted_at.is_(None))
    .offset(literal_column("0"))
    .correlate_except(memberships)
)
# Of whom something is shown that they did, or have to do: a line of the log, or a task.
at_work = exists(
    select(1)
    .where(events.c.actor_id == users.c.id, events.c.organization_id == memberships.c.organization_id)
    .offset(literal_column("0"))
    .correlate(users, memberships)
) | exists(
    select(1)
    .where(
        team_members.c.organization_id == memberships.c.organization_id,
        team_members.c.organization_member_id == memberships.c.id,
        tasks.c.organization_id == team_members.c.organization_id,
        tasks.c.assignee_id == team_members.c.id,
    )
    .offset(literal_column("0"))
    .correlate(memberships)
)
USERS = Source(
    User,
    UserRow,
    long=("avatar_url",),
    email=case(
        (or_(users.c.id == bindparam("actor_id", type_=Uuid), users.c.owns_email & colleague), users.c.email),
        else_=null(),
    ),
    is_me=users.c.id == bindparam("actor_id", type_=Uuid),
    organization_ids=func.array(
        select(memberships.c.organization_id)
        .where(shared, or_(memberships.c.deleted_at.is_(None), at_work))
        .correlate(users)
        .scalar_subquery(),
        type_=ARRAY(Uuid),
    ),
)


# Stands beside a piece of work whose author the caller may not see: they were erased, or their membership purged. It is
# the row that the migrations make, which is not read for this.
DELETED_USER = USERS.reference(
    id=NOBODY, name=NOBODYS_NAME, email=None, avatar_url=None, created_at=datetime.fromtimestamp(0, UTC)
)


async def user_by_id(context: Context, keys: Sequence[Key]) -> list[UserRow | Reference]:
    """The person of each key, which is beside something that the caller sees; DELETED_USER in place of who is gone."""
    return [row or DELETED_USER for row in await _people(context, keys, context.columns(USERS))]


async def user_by_key(context: Context, keys: Sequence[Key]) -> list[UserRow | None]:
    """The person of each key, with the organizations that the policy asks about."""
    return await _people(context, keys, context.columns(USERS, "id", "organization_ids"))


async def user_by_team_member(context: Context, keys: Sequence[Key]) -> list[UserRow | Reference]:
    """The person whom each membership in a team is of; DELETED_USER where the caller sees no such membership."""
    rows = await fetch_measured(context, _by_team_member(context.columns(USERS)), key_values(keys), USERS)
    found: dict[str, UserRow | Reference] = {ordinal: row for row in rows for ordinal in row["ordinals"].split(",")}
    return [found.get(str(ordinal), DELETED_USER) for ordinal in range(1, len(keys) + 1)]


async def _people(context: Context, keys: Sequence[Key], columns: tuple[str, ...]) -> list[UserRow | None]:
    values = key_values(keys) | {"actor_id": context.actor.id}
    rows = await fetch_measured(context, _by_id(columns), values, USERS)
    found = {row["ordinal"]: row for row in rows}
    return [found.get(ordinal) for ordinal in range(1, len(keys) + 1)]


@lru_cache(1000)
def _by_id(columns: tuple[str, ...]) -> Statement[UserRow]:
    keys = given_keys()
    people = (
        select(keys.c.ordinal, *(USERS.columns[name].label(name) for name in columns))
        .select_from(keys)
        .join(users, users.c.id == keys.c.id)
        .where(or_(users.c.id == bindparam("actor_id", type_=Uuid), acquainted))
    )
    return prepare(measured(people, USERS), USERS)


@lru_cache(1000)
def _by_team_member(columns: tuple[str, ...]) -> Statement[UserRow]:
    """Each person is looked up once: the same people are in many teams.

    The places of the keys come as text: of an array the driver would first ask each connection what it is.
    """
    keys = given_keys()
    user_id = (
        select(memberships.c.user_id)
        .where(
            memberships.c.organization_id == team_members.c.organization_id,
            memberships.c.id == team_members.c.organization_member_id,
        )
        .correlate(team_members)
        .scalar_subquery()
    )
    membership = (
        select(user_id.label("user_id"))
        .where(team_members.c.organization_id == keys.c.organization_id, team_members.c.id == keys.c.id)
        .limit(literal_column("1"))
        .lateral("membership")
    )
    people = (
        select(
            membership.c.user_id, func.string_agg(cast(keys.c.ordinal, Text), literal_column("','")).label("ordinals")
        )
        .select_from(keys.join(membership, true()))
        .where(the_callers(keys.c.organization_id))
        .group_by(membership.c.user_id)
        .subquery("people")
    )
    shown = select(people.c.ordinals, *(USERS.columns[name].label(name) for name in columns))
    return prepare(measured(shown.select_from(people.join(users, users.c.id == people.c.user_id)), USERS), USERS)
