"""What is in an export, and what is not: one organization as of one moment, and no more than its people may see."""

import asyncio
from collections import Counter
from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest

from app import time_limits
from app.config import Settings
from app.db.engine import Database as Connections
from app.export_files.lines import sections
from app.export_files.write import Transcript, count, snapshot, write
from app.exports.enter import NoOrganization, enter_organization
from tests.api import Api
from tests.conftest import Database
from tests.erasing import erase
from tests.export_files.exporting import exported
from tests.factories import Tenant, make_tenant


@pytest.fixture
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    return await make_tenant(superuser, members=3, teams=2, tasks=2, documents=2)


async def lines(database: Database, tenant: Tenant) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in (await exported(database.runtime_url, tenant.slug)).splitlines()]


async def test_the_last_line_counts_and_hashes_the_others(database: Database, tenant: Tenant) -> None:
    text = await exported(database.runtime_url, tenant.slug)

    *others, last = text.splitlines(keepends=True)
    counts = Counter(orjson.loads(line)["type"] for line in others)
    assert orjson.loads(last) == {"type": "end", "lines": counts, "sha256": sha256(b"".join(others)).hexdigest()}


async def test_nothing_of_another_organization_is_in_it(
    database: Database, tenant: Tenant, superuser: "asyncpg.Connection[Any]"
) -> None:
    other = await make_tenant(superuser, members=2, documents=1)

    text = (await exported(database.runtime_url, tenant.slug)).decode()

    ids = (other.id, *other.users, *other.members, *other.teams, *other.tasks, *other.documents)
    assert [one for one in (other.slug, *map(str, ids)) if one in text] == []


async def test_an_address_that_nobody_vouches_for_is_not_told(
    database: Database, tenant: Tenant, superuser: "asyncpg.Connection[Any]"
) -> None:
    await superuser.execute("UPDATE users SET owns_email = false WHERE id = $1", tenant.users[1])

    emails = [line["email"] for line in await lines(database, tenant) if line["type"] == "member"]

    assert emails == [tenant.owner, None, tenant.owner.replace("person1", "person3")]


async def test_of_who_has_left_only_the_name_is_told(database: Database, tenant: Tenant, api: Api) -> None:
    remove = "mutation ($id: ID!) { removeOrganizationMember(id: $id) { deletedIds } }"
    await api.data(remove, who=tenant.owner, id=str(tenant.members[1]))

    written = await lines(database, tenant)

    assert [line for line in written if line["type"] == "former_member"] == [
        {"type": "former_member", "person": str(tenant.users[1]), "name": "Person 2"}
    ]
    assert tenant.owner.replace("person1", "person2") not in str(written)
    assert {line["assignee"] for line in written if line["type"] == "task"} == {
        *(str(one) for place, one in enumerate(tenant.team_members) if place % 3 != 1),
        None,
    }


async def test_of_who_was_erased_nothing_is_told(database: Database, tenant: Tenant, api: Api) -> None:
    second = tenant.owner.replace("person1", "person2")
    await erase(api, second, tenant.users[1])

    written = await lines(database, tenant)

    assert [line for line in written if line["type"] == "former_member"] == []
    assert not any(one in str(written) for one in (second, "Person 2"))


async def test_what_is_deleted_is_not_in_it(database: Database, tenant: Tenant, api: Api) -> None:
    deletes = "deleteTeam(id: $team) { deletedIds } deleteTask(id: $task) { deletedIds }"
    delete = f"mutation ($team: ID!, $task: ID!) {{ {deletes} }}"
    await api.data(delete, who=tenant.owner, team=str(tenant.teams[1]), task=str(tenant.tasks[0]))

    kept = {UUID(line["id"]) for line in await lines(database, tenant) if line["type"] in {"team", "task", "document"}}

    assert kept == {tenant.teams[0], *tenant.tasks[1:6], *tenant.documents}


async def test_it_is_as_of_one_moment(database: Database, tenant: Tenant, superuser: "asyncpg.Connection[Any]") -> None:
    connections = Connections.open(Settings(database_url=database.runtime_url), time_limits.HOUSEKEEPING, size=1)
    transcript, pieces = Transcript("organization"), []
    async with snapshot(connections) as connection:
        values = {"organization_id": await enter_organization(connection, tenant.slug)}
        amount = await count(connection, sections(), values)
        async for piece in write(connection, sections(), values, transcript):
            pieces.append(piece)
            await superuser.execute("UPDATE tasks SET title = 'Later' WHERE organization_id = $1", tenant.id)
            await superuser.execute("DELETE FROM document_texts WHERE organization_id = $1", tenant.id)
    await connections.close()

    text = b"".join(pieces)
    assert (b"Later" in text, text.count(b'"type":"document"')) == (False, 2)
    assert amount == transcript.counts.total() - 1


async def test_it_waits_for_nobody_who_writes(database: Database, tenant: Tenant) -> None:
    writer = await asyncpg.connect(database.superuser_url)
    async with writer.transaction():
        await writer.execute("UPDATE tasks SET title = 'Later' WHERE organization_id = $1", tenant.id)
        async with asyncio.timeout(10):
            text = await exported(database.runtime_url, tenant.slug)
    await writer.close()

    assert b"Later" not in text


@pytest.mark.parametrize("slug", ["nobody", "", "' OR true --"])
async def test_of_no_organization_nothing_is_seen(database: Database, slug: str) -> None:
    connections = Connections.open(Settings(database_url=database.runtime_url), time_limits.HOUSEKEEPING, size=1)
    async with snapshot(connections) as connection:
        with pytest.raises(NoOrganization):
            await enter_organization(connection, slug)
        assert await connection.fetchval("SELECT count(*) FROM organizations") == 0
    await connections.close()
