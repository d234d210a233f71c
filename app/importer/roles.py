"""What an import may do: the policies that mutations ask, of the person on whose behalf it is."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

import asyncpg
from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from app.auth.actor import Actor
from app.auth.guards import Verdict
from app.db.columns import table_of
from app.db.statement import prepare
from app.documents.policies import can_write_own
from app.importer.connection import fetch
from app.importer.organizations import Target, Targets
from app.members.loaders import ORGANIZATION_MEMBERS
from app.members.models import OrganizationMember
from app.members.policies import can_give
from app.refusal import Refusal
from app.tasks.policies import can_work
from app.team_members.models import TeamMember
from app.teams.policies import can_manage

members = table_of(OrganizationMember)
team_members = table_of(TeamMember)

ROLES = prepare(
    select(members.c.organization_id, members.c.role).where(
        members.c.user_id == bindparam("user_id", type_=Uuid), members.c.deleted_at.is_(None)
    )
)
TEAM_ROLES = prepare(
    select(team_members.c.team_id, team_members.c.role)
    .join(
        members,
        (members.c.organization_id == team_members.c.organization_id)
        & (members.c.id == team_members.c.organization_member_id),
    )
    .where(
        members.c.user_id == bindparam("user_id", type_=Uuid),
        members.c.organization_id == any_(bindparam("organization_ids", type_=ARRAY(Uuid))),
        team_members.c.team_id == any_(bindparam("team_ids", type_=ARRAY(Uuid))),
        members.c.deleted_at.is_(None),
        team_members.c.deleted_at.is_(None),
    )
)


class NotAllowed(Refusal):
    """The roles of the person on whose behalf it is do not allow it. Nothing of it has been done."""


@dataclass(frozen=True)
class Place:
    """Something of an organization, as policies ask of it."""

    organization_id: UUID


async def require_work(connection: asyncpg.Connection, user_id: UUID, targets: Iterable[Target]) -> None:
    """Raises NotAllowed unless the person may make tasks and documents in all these teams."""
    teams = list(targets)
    actor, roles = await _roles(connection, user_id, teams)
    for team in teams:
        _demand(can_work(actor, team, roles.get(team.id)), f"Team {team.key}")


async def require_joins(connection: asyncpg.Connection, user_id: UUID, targets: Targets) -> None:
    """Raises NotAllowed unless the person may bring in those who have just come in."""
    teams = list(targets.by_group.values())
    actor, roles = await _roles(connection, user_id, teams)
    for organization_id in targets.events.organizations_of(ORGANIZATION_MEMBERS):
        _demand(can_give(actor, organization_id), "People of the file")
    for team in teams:
        if team.joined:
            _demand(can_manage(actor, team, roles.get(team.id)), f"People of the file in team {team.key}")


async def require_own_documents(connection: asyncpg.Connection, user_id: UUID, organization_id: UUID) -> None:
    """Raises NotAllowed unless the person may make documents that are the organization's own."""
    actor, _ = await _roles(connection, user_id, ())
    _demand(can_write_own(actor, Place(organization_id)), "Documents without a team")


async def _roles(
    connection: asyncpg.Connection, user_id: UUID, teams: Collection[Target]
) -> tuple[Actor, dict[UUID, str]]:
    """The person, and what they are in each of the teams that they are in."""
    rows = await fetch(connection, ROLES, user_id=user_id)
    actor = Actor(user_id, {row["organization_id"]: row["role"] for row in rows}, "")
    in_teams = await fetch(
        connection,
        TEAM_ROLES,
        user_id=user_id,
        organization_ids=list({team.organization_id for team in teams}),
        team_ids=[team.id for team in teams],
    )
    return actor, {row["team_id"]: row["role"] for row in in_teams}


def _demand(verdict: Verdict, what: str) -> None:
    if verdict is not True:
        raise NotAllowed(f"{what}: {verdict} Whoever runs this server may import all the same: add --operator")
