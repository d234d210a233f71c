"""A mutation that is sent again with its key: answered as the first time, and never done twice."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from app.config import Settings
from tests.api import SECRET, Api, serving
from tests.factories import make_tenant
from tests.idempotency.sending import KEYS, TASKS, error_of, send
from tests.locks import until_waiting
from tests.unchanged import unchanged

TWO = """mutation ($team: ID!, $other: ID!) {
    one: createTask(input: {teamId: $team, title: "One"}) { task { key } }
    two: createTask(input: {teamId: $other, title: "Two"}) { task { key } }
}"""


@pytest.fixture
async def impatient(database: Any) -> AsyncIterator[Api]:
    """The application where nobody waits long for a lock."""
    settings = Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET), lock_timeout=0.2)
    async with serving(settings) as serves:
        yield serves


async def test_the_second_time_is_answered_like_the_first(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    team = str(tenant.teams[0])
    first = await send(api, tenant.owner, team=team, title="New")
    assert first.json()["data"]["createTask"]["task"]["key"] == "T1-2"

    async with unchanged(superuser, tenant):
        second = await send(api, tenant.owner, title="New", team=team)  # the order of the variables says nothing

    assert second.content == first.content
    assert (first.headers.get("idempotency-replayed"), second.headers["idempotency-replayed"]) == (None, "true")
    assert second.status_code == 200


async def test_without_a_key_each_time_is_the_first(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)

    answers = [await send(api, tenant.owner, key=None, team=str(tenant.teams[0])) for _ in range(2)]

    assert [one.json()["data"]["createTask"]["task"]["key"] for one in answers] == ["T1-2", "T1-3"]
    assert await superuser.fetch(KEYS, tenant.users[0]) == []


async def test_mistakes_are_replayed(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    team = str(tenant.teams[0])

    answers = [await send(api, tenant.owner, team=team, title=" ") for _ in range(2)]

    assert answers[0].json()["data"]["createTask"]["userErrors"] == [{"code": "BLANK", "path": ["input", "title"]}]
    assert answers[1].content == answers[0].content
    assert answers[1].headers["idempotency-replayed"] == "true"


async def test_refusals_are_replayed(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    delete = f'mutation {{ deleteTask(id: "{tenant.teams[0]}") {{ deletedIds }} }}'

    answers = [await send(api, tenant.owner, delete) for _ in range(2)]

    assert error_of(answers[0])["extensions"] == {"code": "NOT_FOUND"}
    assert answers[1].content == answers[0].content
    assert answers[1].headers["idempotency-replayed"] == "true"


async def test_what_took_too_long_is_tried_anew(impatient: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    async with superuser.transaction():
        await superuser.execute("SELECT FROM teams WHERE id = $1 FOR UPDATE", tenant.teams[0])
        slow = await send(impatient, tenant.owner, team=str(tenant.teams[0]))
    again = await send(impatient, tenant.owner, team=str(tenant.teams[0]))

    assert error_of(slow)["extensions"] == {"code": "TIMEOUT"}
    assert again.json()["data"]["createTask"]["task"]["key"] == "T1-2"
    assert "idempotency-replayed" not in again.headers


async def test_what_could_not_be_committed_is_tried_anew(impatient: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await send(impatient, tenant.owner, key="another", team=str(tenant.teams[0]))
    async with superuser.transaction():
        await superuser.execute("SELECT FROM event_counters WHERE organization_id = $1 FOR UPDATE", tenant.id)
        async with unchanged(superuser, tenant):
            failed = await send(impatient, tenant.owner, team=str(tenant.teams[0]))
    again = await send(impatient, tenant.owner, team=str(tenant.teams[0]))

    assert failed.status_code == 503
    assert error_of(failed)["extensions"] == {"code": "TIMEOUT"}
    assert again.json()["data"]["createTask"]["task"]["key"] == "T1-3"
    assert "idempotency-replayed" not in again.headers


async def test_what_was_done_is_not_done_again_though_a_part_failed(
    impatient: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, teams=2)
    teams = {"team": str(tenant.teams[0]), "other": str(tenant.teams[1])}
    async with superuser.transaction():
        await superuser.execute("SELECT FROM teams WHERE id = $1 FOR UPDATE", tenant.teams[1])
        first = await send(impatient, tenant.owner, TWO, **teams)
    async with unchanged(superuser, tenant):
        second = await send(impatient, tenant.owner, TWO, **teams)

    assert error_of(first)["path"] == ["two"]
    assert second.content == first.content
    assert await superuser.fetchval(TASKS, tenant.id) == 3


async def test_many_at_once_do_the_work_once(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)

    answers = await asyncio.gather(*(send(api, tenant.owner, team=str(tenant.teams[0])) for _ in range(8)))

    again = [await send(api, tenant.owner, team=str(tenant.teams[0])) for _ in answers]

    done = [one for one in answers if one.status_code == 200]
    assert ["idempotency-replayed" in one.headers for one in done].count(False) == 1
    assert {one.content for one in again} == {one.content for one in done} == {again[0].content}
    assert {one.status_code for one in answers} <= {200, 409}
    assert await superuser.fetchval(TASKS, tenant.id) == 2


async def test_who_comes_while_the_first_is_running_neither_waits_nor_holds_a_connection(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    async with superuser.transaction():
        await superuser.execute("SELECT FROM teams WHERE id = $1 FOR UPDATE", tenant.teams[0])
        first = asyncio.create_task(send(api, tenant.owner, team=str(tenant.teams[0])))
        await until_waiting(superuser)
        refused = await asyncio.gather(*(send(api, tenant.owner, team=str(tenant.teams[0])) for _ in range(20)))
        assert not first.done()
        assert api.database.busy == 1

    assert {(one.status_code, one.headers["retry-after"]) for one in refused} == {(409, "1")}
    assert error_of(refused[0]) == {
        "message": "The first attempt with this key is still running: try again in a moment.",
        "extensions": {"code": "CONFLICT", "retryAfter": 1},
    }
    assert (await first).json()["data"]["createTask"]["task"]["key"] == "T1-2"
    assert (await send(api, tenant.owner, team=str(tenant.teams[0]))).headers["idempotency-replayed"] == "true"


async def test_a_key_that_another_server_has_taken_is_not_waited_for_long(
    impatient: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    async with superuser.transaction():
        await superuser.execute(
            "INSERT INTO idempotency_keys (actor_id, key, request_hash, created_at) VALUES ($1, 'key', '', now())",
            tenant.users[0],
        )
        refused = await send(impatient, tenant.owner, team=str(tenant.teams[0]))

    assert refused.status_code == 409
    assert error_of(refused) == {
        "message": "The first attempt with this key is still running: try again in a moment.",
        "extensions": {"code": "CONFLICT", "retryAfter": 1},
    }
    assert await superuser.fetchval(TASKS, tenant.id) == 1


async def test_who_waited_for_what_was_rolled_back_is_the_first(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    transaction = superuser.transaction()
    await transaction.start()
    await superuser.execute(
        "INSERT INTO idempotency_keys (actor_id, key, request_hash, created_at) VALUES ($1, 'key', '', now())",
        tenant.users[0],
    )
    waiting = asyncio.create_task(send(api, tenant.owner, team=str(tenant.teams[0])))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await transaction.rollback()

    answer = await waiting

    assert answer.json()["data"]["createTask"]["task"]["key"] == "T1-2"
    assert "idempotency-replayed" not in answer.headers


async def test_what_is_kept_is_what_was_sent(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    answer = await send(api, tenant.owner, team=str(tenant.teams[0]), title="Größe: 1 “m”")

    kept = await superuser.fetchval("SELECT body FROM idempotency_keys WHERE actor_id = $1", tenant.users[0])

    assert kept == answer.content
    assert json.loads(kept) == answer.json()
