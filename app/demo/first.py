"""What `trellis dev` shows first: Acme, which lends tools from lockers, and Globex, of which Acme sees nothing."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
from sqlalchemy import Text, Uuid, bindparam, func, select, update

from app.db.columns import now, table_of
from app.db.identity import SIGN_IN
from app.db.statement import prepare
from app.demo.people import Person
from app.importer.check import Row, group_of
from app.importer.connection import acting, connect, fetch
from app.importer.plan import Plan
from app.importer.task_file import TaskFile
from app.importer.tasks import load
from app.members.models import OrganizationMember, OrganizationRole
from app.team_members.models import TeamMember, TeamRole

TASKS = Path(__file__).with_name("first.jsonl")
WRITTEN_ON = date(2026, 1, 5)  # the day, a Monday, around which the due dates in the file lie

OWNER = Person("owner@example.com", "Olivia Marsh")
ADMIN = Person("admin@example.com", "Adam Okafor")
MEMBER = Person("member@example.com", "Mei Tanaka")
VIEWER = Person("viewer@example.com", "Viktor Lindqvist")
STRANGER = Person("stranger@example.com", "Sasha Petrov")
PEOPLE = (OWNER, ADMIN, MEMBER, VIEWER, STRANGER)

TEAMS = {
    ("Acme", "Engineering"): ("Web, app, lockers, and what connects them.", (ADMIN, MEMBER, VIEWER)),
    ("Acme", "Design"): ("How it looks, reads and feels, for everybody.", (ADMIN, MEMBER, VIEWER)),
    ("Acme", "Operations"): ("Tools, lockers and sites. On call around the clock.", (ADMIN, MEMBER)),
    ("Acme", "Growth"): ("Prices, partners, and being found.", (ADMIN, VIEWER)),
    ("Globex", "Research"): ("What the reactor does, and why.", ()),
}

members = table_of(OrganizationMember)
team_members = table_of(TeamMember)

EVER_A_MEMBER = prepare(
    select(func.count()).select_from(members).where(members.c.user_id == bindparam("person_id", type_=Uuid))
)
SET_ROLE = prepare(
    update(members)
    .where(members.c.user_id == bindparam("person_id", type_=Uuid))
    .values(role=bindparam("new_role", type_=Text))
)
SET_TEAM_ROLES = prepare(
    update(team_members)
    .where(
        team_members.c.organization_id == members.c.organization_id,
        team_members.c.organization_member_id == members.c.id,
        members.c.user_id == bindparam("person_id", type_=Uuid),
    )
    .values(role=bindparam("new_role", type_=Text))
)


async def load_first_demo(url: str) -> None:
    """Loads the demo into the database of the server's URL; does nothing where that has been done once.

    What tells is that the stranger, who comes last, has been a member: also of an organization since deleted.
    """
    async with connect(url) as connection:
        users = {person: await _sign_in(connection, person) for person in PEOPLE}
        async with acting(connection, users[STRANGER]):
            loaded = (await fetch(connection, EVER_A_MEMBER, person_id=users[STRANGER]))[0][0]
        if loaded:
            return
        await _load_organization(url, "Acme", OWNER)
        async with acting(connection, users[OWNER]):
            await fetch(connection, SET_ROLE, person_id=users[ADMIN], new_role=OrganizationRole.ADMIN.name)
            await fetch(connection, SET_TEAM_ROLES, person_id=users[ADMIN], new_role=TeamRole.ADMIN.name)
            await fetch(connection, SET_TEAM_ROLES, person_id=users[VIEWER], new_role=TeamRole.VIEWER.name)
        await _load_organization(url, "Globex", STRANGER)


async def _sign_in(connection: asyncpg.Connection, person: Person) -> UUID:
    """Makes the user as a development token would, whose subject is the address."""
    claims = {"subject": person.email, "email": person.email, "name": person.name, "email_verified": True}
    rows = await fetch(connection, SIGN_IN, **claims, issued_at=None)
    return UUID(str(rows[0][0]))


async def _load_organization(url: str, organization: str, founder: Person) -> None:
    rows = [_dated(row) for row in TaskFile(TASKS).rows() if row.organization == organization]
    await load(url, rows, _plan(organization, rows), email=founder.email)


def _dated(row: Row) -> Row:
    """The row as if written this week: due dates move by whole weeks, so that they stay on working days."""
    weeks = (now().date() - WRITTEN_ON).days // 7
    return replace(row, due_date=row.due_date + timedelta(weeks=weeks)) if row.due_date else row


def _plan(organization: str, rows: list[Row]) -> Plan:
    plan = Plan()
    for row in rows:
        plan.add(row)
    for (home, name), (description, people) in TEAMS.items():
        if home == organization:
            team = plan.teams[group_of(home, name)]
            team.description = description
            team.emails |= {person.email: person.email for person in people}
    return plan
