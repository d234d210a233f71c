"""Purging: what is gone for good, what goes along, and what the server's role can never remove."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest
from pydantic import SecretStr

from app.config import Settings
from app.purging.purge_job import purge_due
from tests.api import SECRET, Api, serving
from tests.api_keys.documents import make_key
from tests.factories import Tenant, make_tenant
from tests.tables import TABLES, owner_column
from tests.trash.documents import (
    DELETE_ORGANIZATION,
    DELETE_TASK,
    DELETE_TEAM,
    EVENTS,
    NONE,
    PURGE_DELETION,
    REMOVE_MEMBER,
    REMOVE_TEAM_MEMBER,
    RESTORE_TASK,
    TRASH,
)
from tests.unchanged import unchanged

MAKE_DUE = "UPDATE deletions SET purge_at = now() - interval '1 minute' WHERE id = $1"


# The purge looks everywhere, so each test has a database of its own.


@pytest.fixture
async def database(new_database: Callable[[], Awaitable[Any]]) -> Any:
    return await new_database()


@pytest.fixture
async def api(database: Any) -> AsyncIterator[Api]:
    async with serving(Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET))) as serves:
        yield serves


@pytest.fixture
async def superuser(database: Any) -> AsyncIterator["asyncpg.Connection[Any]"]:
    connection = await asyncpg.connect(database.superuser_url)
    yield connection
    await connection.close()


async def delete(api: Api, tenant: Tenant, document: str, subject: object) -> str:
    (payload,) = (await api.data(document, who=tenant.owner, id=str(subject))).values()
    return str(payload["deletion"]["id"])


async def test_all_under_it_goes_by_whichever_deletion_it_went(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2, teams=2, tasks=1)
    await superuser.execute(
        "INSERT INTO former_task_keys (organization_id, key, task_id, created_at) VALUES ($1, 'OLD-1', $2, now())",
        tenant.id,
        tenant.tasks[0],
    )
    await delete(api, tenant, DELETE_TASK, tenant.tasks[0])
    deletion_id = await delete(api, tenant, DELETE_TEAM, tenant.teams[0])

    data = await api.data(PURGE_DELETION, who=tenant.owner, id=deletion_id)

    purged = {**NONE, "teams": 1, "teamMembers": 2, "tasks": 2}
    assert data == {"purgeDeletion": {"pending": False, "purged": purged, "userErrors": []}}
    left = await superuser.fetchval("SELECT array_agg(id) FROM tasks WHERE organization_id = $1", tenant.id)
    assert left == tenant.tasks[2:]
    assert await superuser.fetchval("SELECT count(*) FROM deletions WHERE organization_id = $1", tenant.id) == 0
    assert tuple((await superuser.fetch(EVENTS, tenant.id))[-1]) == (
        "PURGED",
        "Team",
        tenant.teams[0],
        tenant.users[0],
        "{}",
    )


@pytest.mark.parametrize("swept", [False, True])
async def test_living_tasks_lose_an_assignee_who_goes(
    api: Api, superuser: "asyncpg.Connection[Any]", *, swept: bool
) -> None:
    """As if somebody had taken them off: with a version and an event."""
    tenant = await make_tenant(superuser, members=2)
    gone = tenant.team_members[1]
    deletion_id = await delete(api, tenant, REMOVE_TEAM_MEMBER, gone)
    if swept:
        await superuser.execute(MAKE_DUE, UUID(deletion_id))
        await purge_due(api.database)
    else:
        await api.data(PURGE_DELETION, who=tenant.owner, id=deletion_id)

    rows = await superuser.fetch("SELECT id, assignee_id, version FROM tasks WHERE organization_id = $1", tenant.id)
    assert {tuple(row) for row in rows} == {(tenant.tasks[0], tenant.team_members[0], 1), (tenant.tasks[1], None, 2)}
    events = (await superuser.fetch(EVENTS, tenant.id))[1:]  # after the removal itself
    assert [(one["type"], one["subject_type"], one["subject_id"]) for one in events] == [
        ("UPDATED", "Task", tenant.tasks[1]),
        ("PURGED", "TeamMember", gone),
    ]
    assert orjson.loads(events[0]["changes"]) == {"assignee_id": {"before": str(gone), "after": None}}
    assert {one["actor_id"] for one in events} == {None if swept else tenant.users[0]}


async def test_who_may_not_restore_it_does_not_purge_it(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """Such as an admin what was an owner's, and an API key what was an admin's."""
    tenant = await make_tenant(superuser, members=3)
    give = "UPDATE organization_members SET role = $1 WHERE id = $2"
    await superuser.execute(give, "OWNER", tenant.members[1])
    await superuser.execute(give, "ADMIN", tenant.members[2])
    deletion_id = await delete(api, tenant, REMOVE_MEMBER, tenant.members[1])
    admin = tenant.owner.replace("person1", "person3")
    _, secret = await make_key(api, tenant, "ADMIN")

    async with unchanged(superuser, tenant):
        refused = await api.error(PURGE_DELETION, who=admin, id=deletion_id)
        response = await api.send_with({"X-API-Key": secret}, PURGE_DELETION, id=deletion_id)
    assert refused["message"] == "Only an owner makes, changes and removes owners."
    (error,) = response.json()["errors"]
    assert error["message"] == "An API key neither makes nor removes owners and admins: it takes a person."
    assert error["extensions"] == refused["extensions"] == {"code": "FORBIDDEN"}

    purged = await api.data(PURGE_DELETION, who=tenant.owner, id=deletion_id)
    assert purged["purgeDeletion"]["purged"]["organizationMembers"] == 1


async def test_of_an_organization_nothing_is_left(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2, teams=2, tasks=2)
    await delete(api, tenant, DELETE_TASK, tenant.tasks[0])
    deletion_id = await delete(api, tenant, DELETE_ORGANIZATION, tenant.id)

    data = await api.data(PURGE_DELETION, who=tenant.owner, id=deletion_id)

    assert data["purgeDeletion"]["purged"] == {
        **NONE,
        "organizations": 1,
        "organizationMembers": 2,
        "teams": 2,
        "teamMembers": 4,
        "tasks": 8,
    }
    for table in TABLES:
        if owner_column(table) != "actor_id":
            rows = f"SELECT count(*) FROM {table} WHERE {owner_column(table)} = $1"
            assert (table.name, await superuser.fetchval(rows, tenant.id)) == (table.name, 0)


async def test_only_owners_purge_an_organization(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    await superuser.execute("UPDATE organization_members SET role = 'ADMIN' WHERE id = $1", tenant.members[1])
    deletion_id = await delete(api, tenant, DELETE_ORGANIZATION, tenant.id)

    async with unchanged(superuser, tenant):
        error = await api.error(PURGE_DELETION, who=tenant.owner.replace("person1", "person2"), id=deletion_id)

    assert error["extensions"] == {"code": "FORBIDDEN"}
    assert error["message"] == "Only the organization's owners purge it."


async def test_what_is_too_much_for_one_operation_is_left_to_the_hourly_purge(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, tasks=2)
    deletion_id = await delete(api, tenant, DELETE_TEAM, tenant.teams[0])
    await superuser.execute("UPDATE deletions SET tasks = 10000 WHERE id = $1", deletion_id)

    data = await api.data(PURGE_DELETION, who=tenant.owner, id=deletion_id)
    trash = await api.data(TRASH, who=tenant.owner, slug=tenant.slug)

    assert data == {"purgeDeletion": {"pending": True, "purged": NONE, "userErrors": []}}
    assert trash["organization"]["trash"]["totalCount"] == 0
    assert await superuser.fetchval("SELECT count(*) FROM tasks WHERE organization_id = $1", tenant.id) == 2
    assert await purge_due(api.database) == {"tasks": 2, "team_members": 1, "teams": 1}
    assert tuple((await superuser.fetch(EVENTS, tenant.id))[-1]) == ("PURGED", "Team", tenant.teams[0], None, "{}")


async def test_two_purges_at_once_share_the_work(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenants = [await make_tenant(superuser, tasks=3) for _ in range(6)]
    for tenant in tenants:
        await superuser.execute(MAKE_DUE, await delete(api, tenant, DELETE_TEAM, tenant.teams[0]))

    first, second = await asyncio.gather(purge_due(api.database), purge_due(api.database))
    third = await purge_due(api.database)

    assert first + second + third == {"tasks": 18, "team_members": 6, "teams": 6}


async def test_the_purge_spares_what_is_not_due(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await delete(api, tenant, DELETE_TEAM, tenant.teams[0])

    async with unchanged(superuser, tenant):
        assert await purge_due(api.database) == {}


@pytest.mark.parametrize("again", [False, True])
async def test_what_was_restored_is_no_longer_the_deletions_to_purge(
    api: Api, superuser: "asyncpg.Connection[Any]", again: bool
) -> None:
    """Neither while it lives, nor once another deletion has it."""
    tenant = await make_tenant(superuser)
    deletion_id = await delete(api, tenant, DELETE_TASK, tenant.tasks[0])
    await api.data(RESTORE_TASK, who=tenant.owner, id=str(tenant.tasks[0]))
    other_deletions = [await delete(api, tenant, DELETE_TASK, tenant.tasks[0])] if again else []
    await superuser.execute(MAKE_DUE, deletion_id)

    async with asyncio.timeout(10):
        assert await purge_due(api.database) == {}

    assert await superuser.fetchval("SELECT array_agg(id) FROM tasks") == tenant.tasks
    assert [str(row["id"]) for row in await superuser.fetch("SELECT id FROM deletions")] == other_deletions


async def test_the_purge_forgets_answers_that_are_too_old(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    for key, age in ("new", "23 hours"), ("old", "25 hours"):
        await superuser.execute(
            "INSERT INTO idempotency_keys (actor_id, key, request_hash, created_at)"
            " VALUES ($1, $2, 'hash', now() - $3::text::interval)",
            tenant.users[0],
            key,
            age,
        )

    assert await purge_due(api.database) == {"idempotency_keys": 1}
    left = "SELECT array_agg(key) FROM idempotency_keys WHERE actor_id = $1"
    assert await superuser.fetchval(left, tenant.users[0]) == ["new"]


async def test_a_purge_is_shown_nothing_but_what_is_due(
    api: Api, superuser: "asyncpg.Connection[Any]", runtime: "asyncpg.Connection[Any]"
) -> None:
    due, not_due = await make_tenant(superuser), await make_tenant(superuser)
    deletion_id = await delete(api, due, DELETE_TEAM, due.teams[0])
    await superuser.execute(MAKE_DUE, deletion_id)
    await delete(api, not_due, DELETE_TEAM, not_due.teams[0])

    await runtime.fetchval("SELECT trellis_purge(NULL)")
    assert [str(row["id"]) for row in await runtime.fetch("SELECT id FROM deletions")] == [deletion_id]
    assert await runtime.fetchval("SELECT count(*) FROM tasks") == 0

    await runtime.fetchval("SELECT trellis_purge($1)", not_due.id)
    assert await runtime.fetchval("SELECT count(*) FROM tasks") == 0

    await runtime.fetchval("SELECT trellis_purge($1)", due.id)
    assert [row["id"] for row in await runtime.fetch("SELECT id FROM tasks")] == due.tasks
    await purge_due(api.database)


async def test_a_log_goes_with_its_organization_only(
    api: Api, superuser: "asyncpg.Connection[Any]", runtime: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    await delete(api, tenant, DELETE_TEAM, tenant.teams[0])
    await runtime.fetchval("SELECT trellis_identify($1, NULL)", tenant.users[0])

    with pytest.raises(asyncpg.PostgresError, match="the organization is not to be purged"):
        await runtime.fetchval("SELECT trellis_forget($1, 1000)", tenant.id)
