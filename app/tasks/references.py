"""What inputs refer to: the team of a task, and who works on it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, bindparam, func, select, true, union_all

from app.db.columns import table_of
from app.db.record import Record
from app.db.statement import Clause, as_few, statement, statement_as
from app.graph.context import Context
from app.members.models import OrganizationMember
from app.team_members.models import TeamMember
from app.teams.loaders import TEAMS
from app.teams.models import Team
from app.writing.inputs import Checks
from app.writing.mutation import UserErrorCode
from app.writing.rows import of_ids

teams = table_of(Team)
team_members = table_of(TeamMember)
members = table_of(OrganizationMember)


class TeamOfActor(Record):
    """A team, with what the caller is in it as `role`."""

    organization_id: UUID
    id: UUID
    key: str
    deleted_at: datetime | None
    role: str | None


async def teams_by_id(context: Context, ids: Sequence[UUID]) -> dict[UUID, TeamOfActor]:
    """The teams that are there for the caller, deleted or not."""
    values = {"ids": list(set(ids)), "actor_id": context.actor.id}
    return {row.id: row for row in await context.fetch(_teams(), values)}


@statement_as(TeamOfActor)
def _teams() -> Clause:
    columns = (teams.c.organization_id, teams.c.id, teams.c.key, teams.c.deleted_at)
    return of_ids(select(*columns, _role().label("role")), TEAMS)


def _role() -> ColumnElement[str]:
    in_organization = (members.c.organization_id == team_members.c.organization_id) & (
        members.c.id == team_members.c.organization_member_id
    )
    return (
        select(team_members.c.role)
        .join(members, in_organization)
        .where(
            team_members.c.organization_id == teams.c.organization_id,
            team_members.c.team_id == teams.c.id,
            team_members.c.deleted_at.is_(None),
            members.c.user_id == bindparam("actor_id", type_=Uuid),
        )
        .correlate(teams)
        .scalar_subquery()
    )


def check_team(team: TeamOfActor | None, checks: Checks, *path: str) -> bool:
    """Whether tasks can be in the team, None where there is none; otherwise a mistake is noted."""
    if team is None:
        checks.wrong(UserErrorCode.NOT_FOUND, "There is no such team.", *path)
    elif team.deleted_at is not None:
        checks.wrong(UserErrorCode.PARENT_DELETED, "The team is deleted: restore it first.", *path)
    return team is not None and team.deleted_at is None


class Assignee(NamedTuple):
    """Who is to work on a task: their id, or that of their membership in its team or in the organization."""

    organization_id: UUID
    team_id: UUID
    id: UUID


Assignees = Mapping[Assignee | None, UUID]  # the ids of their memberships in the team


async def live_assignees(context: Context, wanted: Iterable[Assignee]) -> Assignees:
    """Those of `wanted` who are there for the caller and not deleted."""
    asked = list(set(wanted))
    if not asked:
        return {}
    values = {f"key_{name}s": [one[place] for one in asked] for place, name in enumerate(Assignee._fields)}
    return {Assignee(*row[:3]): row[3] for row in map(tuple, await context.fetch(_assignees(), values))}


@statement
def _assignees() -> Clause:
    names = Assignee._fields
    arrays = [bindparam(f"key_{name}s", type_=ARRAY(Uuid)) for name in names]
    asked = as_few(func.unnest(*arrays).table_valued(*names).render_derived("asked"), func.cardinality(arrays[0]))
    in_team = select(team_members.c.id).where(
        team_members.c.organization_id == asked.c.organization_id,
        team_members.c.team_id == asked.c.team_id,
        team_members.c.deleted_at.is_(None),
    )
    # Known before the team is looked into, so that whatever the planner expects, an index answers each of them.
    of_user = (
        select(members.c.id)
        .where(
            members.c.organization_id == asked.c.organization_id,
            members.c.user_id == asked.c.id,
            members.c.deleted_at.is_(None),
        )
        .correlate(asked)
        .scalar_subquery()
    )
    meant = union_all(
        in_team.where(team_members.c.id == asked.c.id),
        in_team.where(team_members.c.organization_member_id == asked.c.id),
        in_team.where(team_members.c.organization_member_id == of_user),
    ).lateral("meant")
    return (
        select(*asked.c, meant.c.id.label("meant"))
        .join(meant, true())
        .where(asked.c.organization_id == any_(bindparam("organization_ids", type_=ARRAY(Uuid))))
    )


def check_assignee(assignee: Assignee | None, live: Assignees, checks: Checks) -> None:
    """Notes a mistake unless the assignee is nobody or among those who are `live`."""
    if assignee is not None and assignee not in live:
        message = "There is no such person in the task's team: give the `id` of one of `Team.members`."
        checks.wrong(UserErrorCode.NOT_FOUND, message, "assigneeId")


async def same_people_in(context: Context, team: TeamOfActor, member_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """For memberships in other teams the live ones in `team` of the same people, where they have any."""
    asked = list(set(member_ids))
    if not asked:
        return {}
    values = {"organization_id": team.organization_id, "team_id": team.id, "member_ids": asked}
    return {row["id"]: row["there"] for row in await context.fetch(_same_people(), values)}


@statement
def _same_people() -> Clause:
    here, there = team_members.alias("here"), team_members.alias("there")
    organization_id = bindparam("organization_id", type_=Uuid)
    return (
        select(here.c.id, there.c.id.label("there"))
        .select_from(here)
        .join(there, there.c.organization_member_id == here.c.organization_member_id)
        .where(
            here.c.organization_id == organization_id,
            here.c.id == any_(bindparam("member_ids", type_=ARRAY(Uuid))),
            there.c.organization_id == organization_id,
            there.c.team_id == bindparam("team_id", type_=Uuid),
            there.c.deleted_at.is_(None),
        )
    )
