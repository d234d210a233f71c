"""What inputs refer to: the team of a task, and who works on it."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, bindparam, select

from app.db.row import table_of
from app.db.statement import Statement, prepare
from app.graph.context import Context
from app.graph.inputs import Checks
from app.graph.select import scoped
from app.graph.writes import UserErrorCode
from app.members.models import OrganizationMember
from app.team_members.loaders import TEAM_MEMBERS
from app.team_members.models import TeamMember
from app.teams.loaders import TEAMS
from app.teams.models import Team

teams = table_of(Team)
team_members = table_of(TeamMember)
members = table_of(OrganizationMember)


async def teams_by_id(context: Context, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """The teams that are there for the caller, deleted or not, with what the caller is in them as `role`."""
    values = {"ids": list(set(ids)), "actor_id": context.actor.user_id}
    return {row["id"]: row for row in await context.fetch(_teams(), values, TEAMS.record)}


@lru_cache(1)
def _teams() -> Statement:
    role = (
        select(team_members.c.role)
        .join(
            members,
            (members.c.organization_id == team_members.c.organization_id)
            & (members.c.id == team_members.c.organization_member_id),
        )
        .where(
            team_members.c.organization_id == teams.c.organization_id,
            team_members.c.team_id == teams.c.id,
            team_members.c.deleted_at.is_(None),
            members.c.user_id == bindparam("actor_id", type_=Uuid),
        )
        .correlate(teams)
        .scalar_subquery()
    )
    columns = (teams.c.organization_id, teams.c.id, teams.c.key, teams.c.deleted_at)
    return prepare(select(*columns, role.label("role")).where(scoped(TEAMS), _is_one_of_ids(teams.c.id)))


def check_team(team: Any, checks: Checks, *path: str) -> bool:
    """Whether tasks can be in the team, None where there is none; otherwise a mistake is noted."""
    if team is None:
        checks.wrong(UserErrorCode.NOT_FOUND, "There is no such team.", *path)
    elif team.deleted_at is not None:
        checks.wrong(UserErrorCode.PARENT_DELETED, "The team is deleted: restore it first.", *path)
    return team is not None and team.deleted_at is None


async def teams_of_members(context: Context, ids: Iterable[UUID | None]) -> dict[UUID, UUID]:
    """The team of each membership that is there for the caller and not deleted."""
    wanted = [member_id for member_id in set(ids) if member_id is not None]
    rows = await context.fetch(_teams_of_members(), {"ids": wanted}) if wanted else []
    return {row["id"]: row["team_id"] for row in rows}


@lru_cache(1)
def _teams_of_members() -> Statement:
    columns = (team_members.c.id, team_members.c.team_id)
    live = team_members.c.deleted_at.is_(None)
    return prepare(select(*columns).where(scoped(TEAM_MEMBERS), _is_one_of_ids(team_members.c.id), live))


def _is_one_of_ids(column: ColumnElement[Any]) -> ColumnElement[bool]:
    return column == any_(bindparam("ids", type_=ARRAY(Uuid)))


def check_assignee(assignee_id: UUID | None, team_id: UUID, teams: dict[UUID, UUID], checks: Checks) -> None:
    """Notes a mistake unless the assignee is nobody or a member of the team; `teams` is what teams_of_members said."""
    if assignee_id is not None and teams.get(assignee_id) != team_id:
        checks.wrong(UserErrorCode.NOT_FOUND, "There is no such member of the task's team.", "assigneeId")


async def same_person_in(context: Context, team: Any, member_id: UUID) -> UUID | None:
    """The live membership in `team` of the person whose membership in another team `member_id` is."""
    values = {"organization_id": team.organization_id, "team_id": team.id, "member_id": member_id}
    rows = await context.fetch(_same_person(), values)
    return rows[0]["id"] if rows else None


@lru_cache(1)
def _same_person() -> Statement:
    here, there = team_members.alias("here"), team_members.alias("there")
    organization_id = bindparam("organization_id", type_=Uuid)
    return prepare(
        select(there.c.id)
        .select_from(here)
        .join(there, there.c.organization_member_id == here.c.organization_member_id)
        .where(
            here.c.organization_id == organization_id,
            here.c.id == bindparam("member_id", type_=Uuid),
            there.c.organization_id == organization_id,
            there.c.team_id == bindparam("team_id", type_=Uuid),
            there.c.deleted_at.is_(None),
        )
    )
