"""Which keys there are, whose they are, what they stand for and for how long."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from tests.api import GRAPHQL, Api
from tests.factories import make_tenant
from tests.idempotency.sending import CREATE, KEYS, TASKS, error_of, send
from tests.unchanged import unchanged


@pytest.mark.parametrize(
    "other",
    [{"title": "Other"}, {"document": CREATE + " "}, {"document": CREATE.replace("($", "Named ($"), "name": "Named"}],
)
async def test_a_key_is_for_one_request(api: Api, superuser: "asyncpg.Connection[Any]", other: dict[str, Any]) -> None:
    tenant = await make_tenant(superuser)
    await send(api, tenant.owner, team=str(tenant.teams[0]))

    async with unchanged(superuser, tenant):
        refused = await send(api, tenant.owner, team=str(tenant.teams[0]), **other)

    assert refused.status_code == 422
    assert error_of(refused) == {
        "message": "This `Idempotency-Key` was used for another request: send each request with a key of its own.",
        "extensions": {"code": "IDEMPOTENCY_KEY_REUSED"},
    }
    assert "idempotency-replayed" not in refused.headers


async def test_a_key_is_its_actors_alone(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    mine, theirs = await make_tenant(superuser), await make_tenant(superuser)

    answers = [await send(api, one.owner, team=str(one.teams[0])) for one in (mine, theirs)]

    assert ["idempotency-replayed" in one.headers for one in answers] == [False, False]
    assert answers[0].json() != answers[1].json()
    assert [await superuser.fetchval(TASKS, one.id) for one in (mine, theirs)] == [2, 2]


async def test_a_document_that_cannot_be_run_takes_no_key(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)

    refused = [await send(api, tenant.owner, "mutation { nothing }"), await send(api, tenant.owner)]

    assert [error_of(one)["extensions"]["code"] for one in refused] == ["GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"]
    assert await superuser.fetch(KEYS, tenant.users[0]) == []


@pytest.mark.parametrize(
    ("age", "keys"), [(timedelta(hours=23, minutes=59), ["T1-2"]), (timedelta(hours=24), ["T1-3"])]
)
async def test_a_key_is_remembered_for_a_day(
    api: Api, superuser: "asyncpg.Connection[Any]", age: timedelta, keys: list[str]
) -> None:
    tenant = await make_tenant(superuser)
    await send(api, tenant.owner, team=str(tenant.teams[0]))
    aged = "UPDATE idempotency_keys SET created_at = created_at - $2::interval WHERE actor_id = $1"
    await superuser.execute(aged, tenant.users[0], age)

    answers = [await send(api, tenant.owner, team=str(tenant.teams[0])) for _ in range(2)]

    assert [one.json()["data"]["createTask"]["task"]["key"] for one in answers] == keys * 2
    assert answers[1].headers["idempotency-replayed"] == "true"


async def test_an_expired_key_is_free_for_another_request(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await send(api, tenant.owner, team=str(tenant.teams[0]), title="Old")
    await superuser.execute(
        "UPDATE idempotency_keys SET created_at = now() - interval '1 day' WHERE actor_id = $1", tenant.users[0]
    )

    answers = [await send(api, tenant.owner, team=str(tenant.teams[0]), title="New") for _ in range(2)]

    assert [one.json()["data"]["createTask"]["task"]["key"] for one in answers] == ["T1-3", "T1-3"]


@pytest.mark.parametrize("key", ["!", "~" * 255, 'order 7, "again"'])
async def test_keys_that_fit(api: Api, superuser: "asyncpg.Connection[Any]", key: str) -> None:
    tenant = await make_tenant(superuser)

    assert "errors" not in (await send(api, tenant.owner, key=key, team=str(tenant.teams[0]))).json()
    assert [row["key"] for row in await superuser.fetch(KEYS, tenant.users[0])] == [key]


@pytest.mark.parametrize("keys", [[""], ["x" * 256], ["a\tb"], ["a\x7f"], ["\xe9"], ["a", "a"]])
async def test_keys_that_do_not_fit(api: Api, superuser: "asyncpg.Connection[Any]", keys: list[str]) -> None:
    tenant = await make_tenant(superuser)
    headers = [(b"idempotency-key", key.encode("latin-1")) for key in keys]
    authorization = (b"authorization", api.headers(tenant.owner)["Authorization"].encode())
    body = {"query": CREATE, "variables": {"team": str(tenant.teams[0])}}

    async with unchanged(superuser, tenant):
        refused = await api.http.post(GRAPHQL, json=body, headers=[*headers, authorization])

    assert refused.status_code == 400
    assert error_of(refused) == {
        "message": "`Idempotency-Key` must be one text of 1 to 255 printable ASCII characters.",
        "extensions": {"code": "BAD_REQUEST"},
    }


async def test_variables_that_are_nested_too_deeply(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    deep: list[Any] = []
    for _ in range(300):
        deep = [deep]

    async with unchanged(superuser, tenant):
        refused = await send(api, tenant.owner, team=str(tenant.teams[0]), deep=deep)

    assert refused.status_code == 400
    assert error_of(refused) == {
        "message": "`variables` are nested too deeply.",
        "extensions": {"code": "BAD_REQUEST"},
    }


async def test_queries_have_no_use_for_a_key(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    count = f'{{ team(id: "{tenant.teams[0]}") {{ tasks {{ totalCount }} }} }}'
    before = await send(api, tenant.owner, count, key="x" * 256)
    await send(api, tenant.owner, key=None, team=str(tenant.teams[0]))
    after = await send(api, tenant.owner, count, key="x" * 256)

    assert [one.json()["data"]["team"]["tasks"]["totalCount"] for one in (before, after)] == [1, 2]
    assert await superuser.fetch(KEYS, tenant.users[0]) == []


async def test_nobody_signed_in_has_no_keys(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    body = {"query": CREATE, "variables": {"team": str(tenant.teams[0])}}
    before = await superuser.fetchval("SELECT count(*) FROM idempotency_keys")

    refused = await api.http.post(GRAPHQL, json=body, headers={"idempotency-key": "key"})

    assert error_of(refused)["extensions"] == {"code": "UNAUTHENTICATED"}
    assert await superuser.fetchval("SELECT count(*) FROM idempotency_keys") == before
