"""Reading memberships in teams."""

from collections.abc import Sequence
from functools import lru_cache
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Subquery, Uuid, any_, bindparam, exists, literal_column, select, true

from app.db.columns import table_of
from app.db.source import Source
from app.db.statement import Statement, prepare
from app.graph.context import Context
from app.graph.pages import pages
from app.graph.paging import Page, Slice
from app.graph.select import Key, given_keys, key_values, rows_by_key, the_callers
from app.members.models import OrganizationMember
from app.team_members.models import TeamMember
from app.team_members.rows import TeamMemberRow
from app.teams.models import Team

team_members = table_of(TeamMember)
members = table_of(OrganizationMember)
teams = table_of(Team)

TEAM_MEMBERS = Source(
    TeamMember,
    TeamMemberRow,
    user_id=select(members.c.user_id)
    .where(
        members.c.organization_id == team_members.c.organization_id,
        members.c.id == team_members.c.organization_member_id,
    )
    .correlate(team_members)
    .scalar_subquery(),
)

went_along = exists(
    select(1).where(
        teams.c.organization_id == team_members.c.organization_id,
        teams.c.id == team_members.c.team_id,
        teams.c.deletion_id == team_members.c.deletion_id,
    )
)


def _of_the_caller(column: ColumnElement[UUID], *conditions: ColumnElement[bool]) -> Subquery:
    """A column of the caller's memberships in teams, as `id`: none for an API key.

    OFFSET keeps the planner from reading all memberships of their organizations.
    """
    own = (
        select(members.c.organization_id, members.c.id)
        .where(
            members.c.user_id == bindparam("actor_id", type_=Uuid),
            members.c.deleted_at.is_(None),
            the_callers(members.c.organization_id),
        )
        .subquery("own_members")
    )
    in_teams = (
        select(column.label("id"))
        .where(
            team_members.c.organization_id == own.c.organization_id,
            team_members.c.organization_member_id == own.c.id,
            *conditions,
        )
        .offset(literal_column("0"))
        .lateral("in_teams")
    )
    return select(own.c.organization_id, in_teams.c.id).select_from(own.join(in_teams, true())).subquery("through")


# Also those that have ended: what was assigned by them still is.
MEMBERSHIPS_OF_CALLER = _of_the_caller(team_members.c.id)
TEAMS_OF_CALLER = _of_the_caller(team_members.c.team_id, team_members.c.deleted_at.is_(None) | went_along)


async def team_member_by_id(context: Context, keys: Sequence[Key]) -> list[TeamMemberRow | None]:
    """The membership of each key, deleted or not."""
    return await rows_by_key(context, TEAM_MEMBERS, keys)


async def team_members_by_team(context: Context, teams: Sequence[Key], page: Page) -> list[Slice]:
    """A page of each team's members."""
    return await pages(context, TEAM_MEMBERS, teams, page, by="team_id")


async def team_members_by_organization_member(
    context: Context, organization_members: Sequence[Key], page: Page
) -> list[Slice]:
    """A page of each person's memberships in the organization's teams."""
    return await pages(context, TEAM_MEMBERS, organization_members, page, by="organization_member_id")


async def actor_roles_by_team(context: Context, teams: Sequence[Key]) -> list[str | None]:
    """What the caller is in each team; None where they are not in it."""
    return await _roles(context, teams, deleted=False)


async def actor_roles_to_restore(context: Context, teams: Sequence[Key]) -> list[str | None]:
    """What the caller is in each team, or was when it was deleted, as their membership went along with it.

    It says who may bring back what was in the team. That the team has to come first is not for lack of a role.
    """
    return await _roles(context, teams, deleted=True)


async def _roles(context: Context, teams: Sequence[Key], *, deleted: bool) -> list[str | None]:
    values = key_values(teams) | {"actor_id": context.actor.id}
    rows = await context.fetch(_actor_roles(deleted), values)
    found = {row["ordinal"]: row["role"] for row in rows}
    return [found.get(ordinal) for ordinal in range(1, len(teams) + 1)]


@lru_cache(2)
def _actor_roles(deleted: bool) -> Statement:
    keys = given_keys()
    role = (
        select(team_members.c.role)
        .join(
            members,
            (members.c.organization_id == team_members.c.organization_id)
            & (members.c.id == team_members.c.organization_member_id),
        )
        .where(
            team_members.c.organization_id == keys.c.organization_id,
            team_members.c.team_id == keys.c.id,
            members.c.organization_id == keys.c.organization_id,
            members.c.user_id == bindparam("actor_id", type_=Uuid),
            members.c.deleted_at.is_(None),  # who was removed and came back has none of their old roles
            team_members.c.deleted_at.is_(None) | went_along if deleted else team_members.c.deleted_at.is_(None),
        )
        .limit(literal_column("1"))
        .lateral("role")
    )
    return prepare(
        select(keys.c.ordinal, role.c.role)
        .select_from(keys.join(role, true()))
        .where(keys.c.organization_id == any_(bindparam("organization_ids", type_=ARRAY(Uuid))))
    )
