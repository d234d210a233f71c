"""Filters choose the rows that they say: on rows and filters made at random, the database and Python agree."""

import json
import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db.columns import now
from app.due_windows.window import CLOSED, window
from app.settings.resolve import effective
from app.tasks.models import TaskPriority, TaskStatus
from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.filters.filter_model import Row, filters, passes

TEXTS = ["a", "A", "ab", "a%", "%", "100%", "a_b", "_", "a\\b", "\\", "/", "a/b", "'", "É", "é", "größe", "GRÖSSE", " "]
MOMENTS = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=number) for number in range(6)]
DAYS = [date(2026, 1, 1), date(2026, 1, 2), date(2028, 2, 29)]
NUMBERS = [0.0, 0.1, 1.5, 3.0]
TAGS = ["a", "A", "b", "%"]
STATUSES = [one.name for one in TaskStatus]
PRIORITIES = [one.name for one in TaskPriority]
DEFAULTS = {
    "timezone": "UTC",
    "week_start": "MONDAY",
    "default_task_priority": "NONE",
    "retention_days": 30,
    "search_mode": "HYBRID",
    "digest": False,
}
LISTS = {
    "tasks": ("TaskFilter", "organization(by: {id: $id}) { tasks(filter: $filter, first: 100) { nodes { id } } }"),
    "teams": ("TeamFilter", "organization(by: {id: $id}) { teams(filter: $filter, first: 100) { nodes { id } } }"),
    "members": (
        "OrganizationMemberFilter",
        "organization(by: {id: $id}) { members(filter: $filter, first: 100) { nodes { id } } }",
    ),
    "team_members": ("TeamMemberFilter", "team(id: $id) { members(filter: $filter, first: 100) { nodes { id } } }"),
}


def shown(value: Any) -> Any:
    """A value as the API writes it: texts of one length, which sort as the moments that they stand for."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return str(value) if isinstance(value, date | UUID) else value


@dataclass(frozen=True)
class Writer:
    """Gives rows their values, in the database and in Python."""

    superuser: "asyncpg.Connection[Any]"
    choose: random.Random

    async def write(self, table: str, row_id: UUID, **values: Any) -> dict[str, Any]:
        changes = ", ".join(f"{column} = ${place}" for place, column in enumerate(values, 2))
        await self.superuser.execute(f"UPDATE {table} SET {changes} WHERE id = $1", row_id, *values.values())
        return {"id": str(row_id)} | {column: shown(value) for column, value in values.items()}

    async def user(self, row_id: UUID, place: int) -> dict[str, Any]:
        name = self.choose.choice(TEXTS)
        row = await self.write("users", row_id, name=name, email=f"{self.choose.choice(TEXTS)}{place}@{row_id}")
        return row | {"isMe": place == 0}

    async def team(self, row_id: UUID, place: int, organization: Row) -> dict[str, Any]:
        name, description = self.choose.choice(TEXTS), self.choose.choice([None, *TEXTS])
        row = await self.write("teams", row_id, name=name, description=description, **self.moments())
        return camel(row) | {"key": f"T{place + 1}", "organization": organization}

    async def member(self, table: str, row_id: UUID, **related: Any) -> dict[str, Any]:
        role = self.choose.choice(["ADMIN", "MEMBER"])
        row = await self.write(table, row_id, role=role, **self.moments())
        return camel(row) | related

    async def task(self, row_id: UUID, assignee: Row, creator: Row, team: Row) -> dict[str, Any]:
        status = self.choose.choice(STATUSES)
        assignee_or_none = self.choose.choice([assignee, assignee, None])
        creator_or_none = self.choose.choice([creator, creator, None])
        row = await self.write(
            "tasks",
            row_id,
            title=self.choose.choice(TEXTS),
            description=self.choose.choice([None, *TEXTS]),
            status=status,
            completed_at=self.choose.choice(MOMENTS) if status == "DONE" else None,
            priority=self.choose.choice(PRIORITIES),
            estimate=self.choose.choice([None, *NUMBERS]),
            due_date=(due_date := self.choose.choice([None, *DAYS])),
            tags=self.choose.sample(TAGS, self.choose.randrange(4)),
            assignee_id=assignee_or_none and UUID(assignee_or_none["id"]),
            creator_id=creator_or_none and UUID(creator_or_none["id"]),
            **self.moments(),
        )
        related = {"assignee": assignee_or_none, "creator": creator_or_none, "team": team}
        related["organization"] = team["organization"]
        number = await self.superuser.fetchval("SELECT number FROM tasks WHERE id = $1", row_id)
        named = {"number": number, "key": f"{team['key']}-{number}", "deletedAt": None}
        computed = {"completed": status == "DONE", "dueWindow": due_window(due_date, status)}
        return camel(row) | related | named | computed

    def moments(self) -> dict[str, datetime]:
        return {"created_at": self.choose.choice(MOMENTS), "updated_at": self.choose.choice(MOMENTS)}


def due_window(day: date | None, status: str) -> str | None:
    """By days of UTC and weeks from Monday on, as nobody has set anything else."""
    return None if day is None or status in CLOSED else window(day, now(), effective(DEFAULTS, []))


def camel(row: dict[str, Any]) -> dict[str, Any]:
    names = {
        "created_at": "createdAt",
        "updated_at": "updatedAt",
        "completed_at": "completedAt",
        "due_date": "dueDate",
    }
    return {names.get(name, name): value for name, value in row.items()}


@dataclass(frozen=True)
class World:
    """A tenant and the rows of its lists; of the memberships in teams only those in the first."""

    tenant: Tenant
    rows: dict[str, list[dict[str, Any]]]

    def values(self) -> dict[str, list[Any]]:
        """What filters choose from, for each scalar."""
        ids = [row["id"] for rows in self.rows.values() for row in rows]
        return {
            "ID": [*ids, "00000000-0000-7000-8000-000000000000", ids[0].upper()],
            "String": [*TEXTS, *TAGS, "", "T1", "t", "@", "T2-1", "-2"],
            "DateTime": [shown(one) for one in MOMENTS],
            "Date": [shown(one) for one in DAYS],
            "Float": [*NUMBERS, -1, 1e300],
            "Int": [0, 1, 2, 5, -1],
            "Boolean": [True, False],
        }


@pytest.fixture(scope="module")
async def world(superuser: "asyncpg.Connection[Any]") -> World:
    tenant = await make_tenant(superuser, members=3, teams=3, tasks=2)
    writer = Writer(superuser, random.Random(20261122))
    users = [await writer.user(row_id, place) for place, row_id in enumerate(tenant.users)]
    organization = {"id": str(tenant.id), "name": tenant.slug, "slug": tenant.slug, "deletedAt": None}
    moments = writer.moments()
    await superuser.execute(
        "UPDATE organizations SET created_at = $2, updated_at = $3 WHERE id = $1", tenant.id, *moments.values()
    )
    organization |= camel({name: shown(moment) for name, moment in moments.items()})
    teams = [await writer.team(row_id, place, organization) for place, row_id in enumerate(tenant.teams)]
    members = [
        await writer.member("organization_members", row_id, user=users[place])
        for place, row_id in enumerate(tenant.members)
    ]
    team_members = [
        await writer.member("team_members", row_id, team=teams[place // 3], user=users[place % 3])
        for place, row_id in enumerate(tenant.team_members)
    ]
    tasks = [
        await writer.task(row_id, team_members[place // 2], users[place % 3], teams[place // 6])
        for place, row_id in enumerate(tenant.tasks)
    ]
    rows = {"tasks": tasks, "teams": teams, "members": members, "team_members": team_members[:3]}
    return World(tenant, rows)


@pytest.mark.parametrize("name", LISTS)
@given(data=st.data())
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
async def test_the_database_and_python_agree(api: Api, world: World, name: str, data: st.DataObject) -> None:
    input_type, field = LISTS[name]
    condition = data.draw(filters(input_type, world.values()))

    answer = await api.data(
        f"query ($id: ID!, $filter: {input_type}) {{ {field} }}",
        who=world.tenant.owner,
        id=str(world.tenant.teams[0] if name == "team_members" else world.tenant.id),
        filter=condition,
    )

    (parent,) = answer.values()
    (connection,) = parent.values()
    found = {node["id"] for node in connection["nodes"]}
    assert found == {row["id"] for row in world.rows[name] if passes(row, condition)}


@pytest.mark.parametrize("comparator", ["contains", "startsWith"])
async def test_no_letter_of_a_text_stands_for_others(api: Api, world: World, comparator: str) -> None:
    conditions = [{"title": {comparator: text}} for text in TEXTS]
    lists = " ".join(
        f"list{place}: tasks(filter: {{title: {{{comparator}: {json.dumps(text)}}}}}, first: 100) {{ nodes {{ id }} }}"
        for place, text in enumerate(TEXTS)
    )
    query = f"query ($id: ID!) {{ organization(by: {{id: $id}}) {{ {lists} }} }}"

    answer = await api.data(query, who=world.tenant.owner, id=str(world.tenant.id))

    found = [{node["id"] for node in one["nodes"]} for one in answer["organization"].values()]
    assert found == [{row["id"] for row in world.rows["tasks"] if passes(row, one)} for one in conditions]
    assert len({frozenset(ids) for ids in found}) > len(TEXTS) / 2
