"""Makes people members: the importer of new teams, those whom the file assigns tasks to, and made-up ones."""

from collections.abc import Collection, Iterable
from itertools import chain
from typing import NamedTuple
from uuid import UUID

import asyncpg
from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, func, select

from app.auth.email import email_key
from app.db.columns import new_id, now, table_of
from app.db.statement import prepare
from app.demo.people import People, Person
from app.importer.come_back import come_back
from app.importer.connection import fetch, insert_rows, insertion
from app.importer.events import Events
from app.importer.organizations import Target, Targets
from app.importer.plan import Plan
from app.members.loaders import ORGANIZATION_MEMBERS
from app.members.models import OrganizationMember, OrganizationRole
from app.team_members.loaders import TEAM_MEMBERS
from app.team_members.models import TeamMember, TeamRole
from app.users.models import LONGEST_NAME

members = table_of(OrganizationMember)
team_members = table_of(TeamMember)

people = (
    func.unnest(bindparam("emails", type_=ARRAY(Text)), bindparam("names", type_=ARRAY(Text)))
    .table_valued("email", "name", name="people")
    .render_derived()
)
INVITE = prepare(select(people.c.email, func.trellis_invite(people.c.email, people.c.name).label("user_id")))
IN_ORGANIZATIONS = prepare(
    select(members.c.organization_id, members.c.user_id, members.c.id).where(
        members.c.organization_id == any_(bindparam("organization_ids", type_=ARRAY(Uuid))),
        members.c.user_id == any_(bindparam("user_ids", type_=ARRAY(Uuid))),
        members.c.deleted_at.is_(None),
    ),
    ORGANIZATION_MEMBERS,
)
MAKE_MEMBERS = insertion(members, "organization_id", "id", "user_id", "role", "created_at", "updated_at")
IN_TEAMS = prepare(
    select(team_members.c.team_id, team_members.c.organization_member_id, team_members.c.id).where(
        team_members.c.organization_id == any_(bindparam("organization_ids", type_=ARRAY(Uuid))),
        team_members.c.team_id == any_(bindparam("team_ids", type_=ARRAY(Uuid))),
        team_members.c.deleted_at.is_(None),
    ),
    TEAM_MEMBERS,
)
MAKE_TEAM_MEMBERS = insertion(
    team_members, "organization_id", "id", "team_id", "organization_member_id", "role", "created_at", "updated_at"
)

# By whom they are of, and of what: the id of the membership.
Memberships = dict[tuple[UUID, UUID], UUID]


class TeamPeople(NamedTuple):
    """Who shall be in a team."""

    target: Target
    guests: list[Person]
    made_up: list[Person]

    def emails(self) -> list[str]:
        return [email_key(person.email) for person in self.guests + self.made_up]


class Joining(NamedTuple):
    """Somebody in a team."""

    target: Target
    user_id: UUID
    role: TeamRole


async def invite(connection: asyncpg.Connection, persons: Iterable[Person]) -> dict[str, UUID]:
    """The users of these addresses, by email_key; those that are missing are made."""
    persons = list(persons)
    emails, names = [person.email for person in persons], [person.name for person in persons]
    rows = await fetch(connection, INVITE, emails=emails, names=names)
    return {email_key(row["email"]): row["user_id"] for row in rows}


async def join(connection: asyncpg.Connection, importer_id: UUID, plan: Plan, targets: Targets, *, made_up: int) -> int:
    """Tells each team its people; answers how many were new to an organization.

    Whoever has been removed comes back as the member they were, with their teams, but as no more than a MEMBER. Where
    that cannot be restored any more they come in anew.
    """
    supply = People()
    teams = [
        TeamPeople(
            target, [guest(email) for email in plan.teams[group].emails.values()], supply.of_team(target.id, made_up)
        )
        for group, target in targets.by_group.items()
    ]
    users = await invite(connection, chain.from_iterable(team.guests + team.made_up for team in teams))
    joinings = [Joining(team.target, importer_id, TeamRole.ADMIN) for team in teams if team.target.new]
    for team in teams:
        joinings += [Joining(team.target, users[email], TeamRole.MEMBER) for email in team.emails()]
    wanted = dict.fromkeys((joining.target.organization_id, joining.user_id) for joining in joinings)
    memberships, joined = await join_organizations(connection, wanted, targets.events)
    joined_teams = await _join_teams(connection, joinings, memberships, targets.events)
    for team in teams:
        ids = {email: joined_teams.get((team.target.id, users[email])) for email in team.emails()}
        team.target.assignees = ids
        made_up_ids = (ids[person.email] for person in team.made_up)
        team.target.made_up = [member_id for member_id in made_up_ids if member_id is not None]
    return joined


def guest(email: str) -> Person:
    """Somebody of whom only the address is known."""
    return Person(email, email.partition("@")[0][:LONGEST_NAME])


async def join_organizations(
    connection: asyncpg.Connection, wanted: Collection[tuple[UUID, UUID]], events: Events
) -> tuple[Memberships, int]:
    """The memberships by organization and user, and how many of them are new: each as MEMBER."""
    await come_back(connection, wanted, events, into=ORGANIZATION_MEMBERS)
    organization_ids, user_ids = ({pair[side] for pair in wanted} for side in (0, 1))
    rows = await fetch(connection, IN_ORGANIZATIONS, organization_ids=list(organization_ids), user_ids=list(user_ids))
    joined: Memberships = {(row.organization_id, row.user_id): row.id for row in rows}
    new = {pair: new_id() for pair in wanted if pair not in joined}
    made = [
        {"organization_id": organization_id, "id": member_id, "user_id": user_id}
        | {"role": OrganizationRole.MEMBER.name, "created_at": (stamp := now()), "updated_at": stamp}
        for (organization_id, user_id), member_id in new.items()
    ]
    await insert_rows(connection, MAKE_MEMBERS, made)
    events.created(ORGANIZATION_MEMBERS, made, "user_id", "role")
    return joined | new, len(new)


async def _join_teams(
    connection: asyncpg.Connection, joinings: list[Joining], members: Memberships, events: Events
) -> Memberships:
    """The memberships by team and user."""
    organization_ids, team_ids = (
        {joining.target.organization_id for joining in joinings},
        {joining.target.id for joining in joinings},
    )
    wanted = {(joining.target.id, members[joining.target.organization_id, joining.user_id]) for joining in joinings}
    back = {row.team_id for row in await come_back(connection, wanted, events, into=TEAM_MEMBERS)}
    rows = await fetch(connection, IN_TEAMS, organization_ids=list(organization_ids), team_ids=list(team_ids))
    joined = {(row.team_id, row.organization_member_id): row.id for row in rows}
    new = []
    joined_teams: Memberships = {}
    for target, user_id, role in joinings:
        member_id = members[target.organization_id, user_id]
        if (target.id, member_id) not in joined:
            joined[target.id, member_id] = new_id()
            new.append(_team_member(target, member_id, joined[target.id, member_id], role))
            target.joined = True
        joined_teams[target.id, user_id] = joined[target.id, member_id]
        target.joined |= target.id in back
    await insert_rows(connection, MAKE_TEAM_MEMBERS, new)
    events.created(TEAM_MEMBERS, new, "team_id", "organization_member_id", "role")
    return joined_teams


def _team_member(target: Target, member_id: UUID, team_member_id: UUID, role: TeamRole) -> dict[str, object]:
    stamp = now()
    return {
        "organization_id": target.organization_id,
        "id": team_member_id,
        "team_id": target.id,
        "organization_member_id": member_id,
        "role": role.name,
        "created_at": stamp,
        "updated_at": stamp,
    }
