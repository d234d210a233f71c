"""Deleting, restoring and purging may take longer than other requests, in turns, and nothing else may."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from app.config import Settings
from tests.api import SECRET, Api, serving
from tests.conftest import Database
from tests.factories import Tenant, make_tenant
from tests.locks import Superuser, until_a_request_waits, until_sleeping
from tests.trash.documents import DELETE_TEAM, PURGE_DELETION, RESTORE_DELETION
from tests.unforeseen import nothing_unforeseen

REQUEST = 0.8  # seconds: long enough for all that waits for nobody
TOO_LATE = "The request took too long and was undone: ask for less, or try again."
NO_TURN = "Other large deletions are under way, so this one had no more time and was undone: try again in a minute."
UPDATE = 'updateTask(id: "{}", input: {{title: "Late"}}) {{ task {{ id }} }}'


@asynccontextmanager
async def impatient(database: Database, **others: Any) -> AsyncIterator[Api]:
    """A server whose requests have little time, and whose locks are waited for longer."""
    chosen = {"request_timeout": REQUEST, "lock_timeout": 4.5} | others
    settings = Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET), **chosen)
    async with nothing_unforeseen(), serving(settings) as api:
        yield api


@asynccontextmanager
async def held(superuser: Superuser, *tasks: UUID) -> AsyncIterator[None]:
    """Whoever changes one of the tasks waits until the end of the block."""
    transaction = superuser.transaction()
    await transaction.start()
    await superuser.fetch("SELECT FROM tasks WHERE id = ANY($1) FOR UPDATE", list(tasks))
    try:
        yield
    finally:
        await transaction.rollback()


@asynccontextmanager
async def slow(superuser: Superuser, task: UUID) -> AsyncIterator[None]:
    """A statement that changes the task takes three times as long as a request may."""
    await superuser.execute(
        f"""
        CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN PERFORM pg_sleep({3 * REQUEST}); RETURN NEW; END';
        CREATE TRIGGER dawdle BEFORE UPDATE ON tasks FOR EACH ROW WHEN (OLD.id = '{task}') EXECUTE FUNCTION dawdle()
        """
    )
    try:
        yield
    finally:
        await superuser.execute("DROP FUNCTION dawdle CASCADE")


async def sent_slowly(
    api: Api, superuser: Superuser, document: str, tenant: Tenant, *, seconds: float = 3 * REQUEST, **variables: Any
) -> httpx.Response:
    """The response to what has to wait for all tasks of the tenant."""
    async with held(superuser, *tenant.tasks):
        sending = asyncio.create_task(api.send(document, who=tenant.owner, **variables))
        await asyncio.wait({sending}, timeout=seconds)
    return await sending


def error_of(response: httpx.Response) -> dict[str, Any]:
    (error,) = response.json()["errors"]
    return {"status": response.status_code, "message": error["message"], "code": error["extensions"]["code"]}


async def living(superuser: Superuser, tenant: Tenant) -> int:
    query = "SELECT count(*) FROM tasks WHERE organization_id = $1 AND deleted_at IS NULL"
    return int(await superuser.fetchval(query, tenant.id))


async def test_a_deletion_passes_that_takes_longer_than_a_request_may(database: Database, superuser: Superuser) -> None:
    tenant = await make_tenant(superuser, tasks=3)
    async with impatient(database) as api:
        response = await sent_slowly(api, superuser, DELETE_TEAM, tenant, id=str(tenant.teams[0]))
        deletion = response.json()["data"]["deleteTeam"]["deletion"]
        assert deletion["counts"]["tasks"] == 3
        assert await living(superuser, tenant) == 0

        response = await sent_slowly(api, superuser, RESTORE_DELETION, tenant, id=deletion["id"])
        assert response.json()["data"]["restoreDeletion"]["restored"]["tasks"] == 3
        assert await living(superuser, tenant) == 3

        deleted = await api.data(DELETE_TEAM, who=tenant.owner, id=str(tenant.teams[0]))
        purge = {"id": deleted["deleteTeam"]["deletion"]["id"]}
        response = await sent_slowly(api, superuser, PURGE_DELETION, tenant, **purge)
        assert response.json()["data"]["purgeDeletion"]["purged"]["tasks"] == 3


@pytest.mark.parametrize("beside", [True, False])
async def test_other_mutations_have_no_more_time(database: Database, superuser: Superuser, *, beside: bool) -> None:
    """Nor does what is sent along with a deletion."""
    tenant = await make_tenant(superuser, teams=2, tasks=1)
    other = await superuser.fetchval("SELECT id FROM tasks WHERE team_id = $1", tenant.teams[1])
    deletion = f'deleteTeam(id: "{tenant.teams[0]}") {{ deletedIds }}' if beside else ""
    async with impatient(database) as api, held(superuser, other):
        response = await api.send(f"mutation {{ {deletion} {UPDATE.format(other)} }}", who=tenant.owner)

        assert error_of(response) == {"status": 503, "message": TOO_LATE, "code": "TIMEOUT"}
        assert await living(superuser, tenant) == 2


async def test_statements_after_a_deletion_have_as_long_as_any(database: Database, superuser: Superuser) -> None:
    tenant = await make_tenant(superuser, teams=2, tasks=1)
    other = await superuser.fetchval("SELECT id FROM tasks WHERE team_id = $1", tenant.teams[1])
    deletion = f'deleteTeam(id: "{tenant.teams[0]}") {{ deletedIds }}'
    limits = {"request_timeout": 10, "statement_timeout": 0.3, "lock_timeout": 0.3}
    async with impatient(database, **limits) as api, held(superuser, other):
        response = await api.send(f"mutation {{ {deletion} {UPDATE.format(other)} }}", who=tenant.owner)

    message = "The database took too long: ask for less, or try again."
    assert error_of(response) == {"status": 200, "message": message, "code": "TIMEOUT"}


async def test_large_deletions_take_turns(database: Database, superuser: Superuser) -> None:
    """So many as a quarter of the connections, and one of each caller."""
    tenants = [await make_tenant(superuser, tasks=1) for _ in range(2)]
    async with impatient(database, pool_size=7) as api:
        async with held(superuser, *tenants[0].tasks, *tenants[1].tasks):
            first = asyncio.create_task(api.send(DELETE_TEAM, who=tenants[0].owner, id=str(tenants[0].teams[0])))
            await until_a_request_waits(superuser)
            await asyncio.sleep(2 * REQUEST)
            second = await api.send(DELETE_TEAM, who=tenants[1].owner, id=str(tenants[1].teams[0]))
            assert not first.done(), first.result().text
        assert error_of(second) == {"status": 503, "message": NO_TURN, "code": "TIMEOUT"}
        assert second.headers["Retry-After"] == "1"
        assert (await first).json()["data"]["deleteTeam"]["deletion"]["counts"]["tasks"] == 1
        assert await living(superuser, tenants[1]) == 1

        again = await sent_slowly(api, superuser, DELETE_TEAM, tenants[1], id=str(tenants[1].teams[0]))
        assert again.json()["data"]["deleteTeam"]["deletion"]["counts"]["tasks"] == 1


async def test_a_small_deletion_needs_no_turn(database: Database, superuser: Superuser) -> None:
    large, small = [await make_tenant(superuser, tasks=1) for _ in range(2)]
    async with impatient(database, pool_size=4) as api:
        async with held(superuser, *large.tasks):
            slow = asyncio.create_task(api.send(DELETE_TEAM, who=large.owner, id=str(large.teams[0])))
            await until_a_request_waits(superuser)
            await asyncio.sleep(2 * REQUEST)
            deleted = await api.data(DELETE_TEAM, who=small.owner, id=str(small.teams[0]))
            assert deleted["deleteTeam"]["deletion"]["counts"]["tasks"] == 1
            assert not slow.done(), slow.result().text
        assert "errors" not in (await slow).json()


async def test_there_is_an_end_to_a_deletion_too(database: Database, superuser: Superuser) -> None:
    tenant = await make_tenant(superuser, tasks=1)
    async with impatient(database, deletion_timeout=2 * REQUEST) as api, held(superuser, *tenant.tasks):
        response = await api.send(DELETE_TEAM, who=tenant.owner, id=str(tenant.teams[0]))

        assert error_of(response) == {"status": 503, "message": TOO_LATE, "code": "TIMEOUT"}
        assert await living(superuser, tenant) == 1


async def test_a_retry_of_a_deletion_under_way_is_told_so_and_answered_afterwards(
    database: Database, superuser: Superuser
) -> None:
    tenant = await make_tenant(superuser, tasks=1)
    variables = {"id": str(tenant.teams[0])}
    async with impatient(database, lock_timeout=0.2) as api, slow(superuser, tenant.tasks[0]):
        headers = {**api.headers(tenant.owner), "Idempotency-Key": "delete it"}
        first = asyncio.create_task(api.send_with(headers, DELETE_TEAM, **variables))
        await until_sleeping(superuser)
        second = await api.send_with(headers, DELETE_TEAM, **variables)
        assert (second.status_code, second.json()["errors"][0]["extensions"]["code"]) == (409, "CONFLICT")
        await asyncio.wait({first})
        again = await api.send_with(headers, DELETE_TEAM, **variables)
        assert again.json() == (await first).json()
        assert again.headers["Idempotency-Replayed"] == "true"
