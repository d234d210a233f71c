"""An organization comes back from its export as it was, whatever people have done in it."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from app.config import Settings
from tests.api import SECRET, Api, serving
from tests.export_files.exporting import everything, exported, found, taken_back
from tests.factories import Tenant, make_tenant

RUNS = int(os.environ.get("TRELLIS_TEST_RUNS", "20"))
NUMBERS = count(1)

pick = st.integers(0, 9)
who = st.sampled_from([0, 0, 0, 1, 2])  # mostly the owner, who may do all
letters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
name = st.text(letters, min_size=1, max_size=30).filter(str.strip)
text = st.none() | st.text(letters, max_size=200)
key = st.sampled_from(["T1", "T2", "OLD", "NEW", "A1B2"])
priority = st.sampled_from(["NONE", "URGENT", "LOW"])
task = st.fixed_dictionaries(
    {"title": name, "description": text},
    optional={
        "status": st.sampled_from(["BACKLOG", "TODO", "DONE", "CANCELED"]),
        "priority": priority,
        "estimate": st.none() | st.floats(0, 1_000_000),
        "dueDate": st.none() | st.dates().map(str),
        "tags": st.lists(name, max_size=3),
    },
)
document = st.fixed_dictionaries({"title": name, "text": text.map(str)}, optional={"source": text})
own = {
    "timezone": st.none() | st.sampled_from(["Europe/Berlin", "UTC"]),
    "weekStart": st.none() | st.just("SUNDAY"),
    "defaultTaskPriority": st.none() | priority,
    "digest": st.none() | st.booleans(),
}
of_member = st.fixed_dictionaries({}, optional=own)
group = own | {"retentionDays": st.none() | st.integers(1, 3650), "locked": st.lists(st.sampled_from(["DIGEST"]))}
of_group = st.fixed_dictionaries({}, optional=group)
of_organization = st.fixed_dictionaries({}, optional=group | {"searchMode": st.none() | st.just("FUZZY")})
roles = st.sampled_from

# What can be done: the field, the kind of what it is done to, what is said of it and the type of that.
DEEDS: dict[str, tuple[str, st.SearchStrategy[Any], str]] = {
    "createTeam": ("organizations", st.fixed_dictionaries({"key": key, "name": name}), "CreateTeamInput!"),
    "updateTeam": ("teams", st.fixed_dictionaries({"key": key, "description": text}), "UpdateTeamInput!"),
    "deleteTeam": ("teams", st.none(), ""),
    "createTask": ("teams", task, "CreateTaskInput!"),
    "updateTask": ("tasks", task, "UpdateTaskInput!"),
    "moveTask": ("tasks", pick, "ID!"),
    "deleteTask": ("tasks", st.none(), ""),
    "createDocument": ("teams", document, "CreateDocumentInput!"),
    "updateDocument": ("documents", document, "UpdateDocumentInput!"),
    "deleteDocument": ("documents", st.none(), ""),
    "updateOrganizationMember": ("organization_members", roles(["OWNER", "ADMIN"]), "OrganizationRole!"),
    "removeOrganizationMember": ("organization_members", st.none(), ""),
    "updateTeamMember": ("team_members", roles(["ADMIN", "VIEWER"]), "TeamRole!"),
    "removeTeamMember": ("team_members", st.none(), ""),
    "updateOrganizationSettings": ("organizations", of_organization, "OrganizationSettingsInput!"),
    "updateTeamSettings": ("teams", of_group, "TeamSettingsInput!"),
    "updateTeamMemberSettings": ("team_members", of_member, "TeamMemberSettingsInput!"),
}
deeds = st.lists(
    st.sampled_from(sorted(DEEDS)).flatmap(lambda field: st.tuples(st.just(field), pick, who, DEEDS[field][1])),
    max_size=15,
)
PARENTS = {"createTeam": "organizationId", "createTask": "teamId", "createDocument": "teamId"}
LIVE = "SELECT id FROM {} WHERE {} = $1 AND deleted_at IS NULL ORDER BY id"
KEYS = """
SELECT teams.key || '-' || number FROM tasks JOIN teams ON teams.id = team_id WHERE tasks.organization_id = $1
UNION SELECT key FROM former_task_keys WHERE organization_id = $1
UNION SELECT former_team_keys.key || '-' || number FROM former_team_keys
JOIN tasks ON tasks.organization_id = $1 AND tasks.team_id = former_team_keys.team_id
"""


class World:
    """The application over a database, in an event loop of its own."""

    def __init__(self, database: Any) -> None:
        self.url: str = database.runtime_url
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.runner.run(self._open(database.superuser_url))

    async def _open(self, superuser_url: str) -> None:
        given = Settings(database_url=self.url, jwt_secret=SecretStr(SECRET))
        self.api: Api = await self.stack.enter_async_context(serving(given))
        self.superuser = await asyncpg.connect(superuser_url)
        self.stack.push_async_callback(self.superuser.close)

    def close(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()

    async def do(self, tenant: Tenant, field: str, place: int, who: int, said: Any) -> None:
        """Does it as one of three people, to one of those there are; whether they may is not the question here."""
        kind, _, said_as = DEEDS[field]
        row_id = await self.pick(tenant, kind, place)
        if row_id is None:
            return
        given: dict[str, Any] = {"given": str(await self.pick(tenant, "teams", said)) if said_as == "ID!" else said}
        if field in PARENTS:
            given = {"given": {PARENTS[field]: str(row_id), **said}}
            if field == "createDocument":
                given["given"]["organizationId"] = str(tenant.id)
            query = f"mutation ($given: {said_as}) {{ {field}(input: $given) {{ userErrors {{ code }} }} }}"
        elif said is None:
            given = {"id": str(row_id)}
            query = f"mutation ($id: ID!) {{ {field}(id: $id) {{ userErrors {{ code }} }} }}"
        else:
            given["id"] = str(row_id)
            name = "teamId" if said_as == "ID!" else "role" if "Role" in said_as else "input"
            arguments = f"id: $id, {name}: $given"
            query = f"mutation ($id: ID!, $given: {said_as}) {{ {field}({arguments}) {{ userErrors {{ code }} }} }}"
        await self.api.ask(query, who=tenant.owner.replace("person1", f"person{who % 3 + 1}"), **given)

    async def pick(self, tenant: Tenant, kind: str, place: int) -> UUID | None:
        """One of the rows there are; never the membership of the first person, who looks at all in the end."""
        column = "id" if kind == "organizations" else "organization_id"
        rows = await self.superuser.fetch(LIVE.format(kind, column), tenant.id)
        ids = [row["id"] for row in rows if row["id"] != tenant.members[0]]
        return ids[place % len(ids)] if ids else None


@pytest.fixture
async def world(new_database: Callable[..., Awaitable[Any]]) -> AsyncIterator[World]:
    database = await new_database()
    made = await asyncio.to_thread(World, database)
    yield made
    await asyncio.to_thread(made.close)


def test_it_comes_back_as_it_was(world: World, tmp_path: Path) -> None:
    @settings(max_examples=RUNS, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(deeds)
    def comes_back(done: list[tuple[str, int, int, Any]]) -> None:
        world.runner.run(there_and_back(world, tmp_path / "export", done))

    comes_back()


async def there_and_back(world: World, path: Path, done: list[tuple[str, int, int, Any]]) -> None:
    tenant = await make_tenant(world.superuser, members=3, teams=2, tasks=1, documents=3)
    for field, place, who, said in done:
        await world.do(tenant, field, place, who, said)
    keys = {row[0] for row in await world.superuser.fetch(KEYS, tenant.id)}
    copy = f"copy-{next(NUMBERS)}"

    path.write_bytes(await exported(world.url, tenant.slug))  # noqa: ASYNC240  # nothing else is running
    await taken_back(world.url, path, copy, tenant.owner)

    was, is_now = [await everything(world.api, slug, tenant.owner) for slug in (tenant.slug, copy)]
    assert is_now == was
    was_found, finds = [await found(world.api, slug, tenant.owner, keys) for slug in (tenant.slug, copy)]
    assert finds == was_found
    assert await next_keys(world, tenant.slug) == await next_keys(world, copy)


async def next_keys(world: World, slug: str) -> dict[str, int]:
    """What the next task of each team will be called."""
    rows = await world.superuser.fetch(
        "SELECT key, last_number FROM teams JOIN organizations ON organizations.id = organization_id"
        " WHERE slug = $1 AND teams.deleted_at IS NULL",
        slug,
    )
    return {row["key"]: row["last_number"] for row in rows}
