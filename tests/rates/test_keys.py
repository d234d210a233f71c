"""What API keys may take, however much they are given and however many there are."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from redis.asyncio import Redis

from app.api_keys.mutations import MOST_KEYS
from tests.api import Api
from tests.api_keys.documents import CREATE, expire, given, insert_keys, make_key
from tests.conftest import Database
from tests.factories import Tenant, make_tenant
from tests.rates.conftest import RedisServer
from tests.rates.test_points import VIEWER, limited, locked_tasks, said, until_locked_out
from tests.rates.test_sharing import sharing
from tests.unchanged import unchanged

GIVE = "UPDATE api_keys SET rate_limit_per_minute = 1000000 WHERE id = $1"
MANY = """
INSERT INTO api_keys (organization_id, id, name, scopes, secret_hash, secret_created_at, created_at, updated_at)
SELECT $1, gen_random_uuid(), 'Key', ARRAY['READ'], sha256('none'), now(), now(), now() FROM generate_series(1, $2)
"""
LIVE = "SELECT count(*) FROM api_keys WHERE organization_id = $1 AND revoked_at IS NULL AND expires_at IS NULL"
FULL = {
    "code": "LIMIT_EXCEEDED",
    "message": "The organization has 100 API keys, and no more are allowed: revoke one that is not used.",
    "path": ["input", "organizationId"],
}


async def call(api: Api, key: str) -> httpx.Response:
    return await api.send_with({"X-API-Key": key}, VIEWER)


async def create(api: Api, tenant: Tenant, **more: Any) -> Any:
    """The mistakes of an input for a new key."""
    data = await api.data(CREATE, who=tenant.owner, input=given(tenant, **more))
    return data["createApiKey"]["userErrors"]


@pytest.mark.parametrize("limits", [{"rate_limit_per_key": 50}, {"rate_limit": 50}])
async def test_a_key_is_given_no_more_than_the_server_allows(
    database: Database, superuser: "asyncpg.Connection[Any]", limits: dict[str, int]
) -> None:
    tenant = await make_tenant(superuser)
    async with limited(database, **limits) as api, unchanged(superuser, tenant):
        for points in (51, 1_000_000, 0, -1):
            [error] = await create(api, tenant, rateLimitPerMinute=points)
            assert error == {
                "code": "INVALID",
                "message": "1 to 50 points are allowed.",
                "path": ["input", "rateLimitPerMinute"],
            }
    async with limited(database, **limits) as api:
        assert await create(api, tenant, rateLimitPerMinute=50) == []


async def test_a_key_that_was_given_more_takes_no_more(
    database: Database, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    async with limited(database, rate_limit_per_key=2) as api:
        key_id, key = await make_key(api, tenant)
        await superuser.execute(GIVE, UUID(key_id))
        answers = [await call(api, key) for _ in range(3)]

    assert [(one.status_code, *said(one)) for one in answers] == [(200, "2", "1"), (200, "2", "0"), (429, "2", "0")]


async def test_the_keys_of_an_organization_share_its_points(
    database: Database, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant, other = await make_tenant(superuser), await make_tenant(superuser)
    async with limited(database, rate_limit=100, rate_limit_per_key=2) as api:
        keys = list((await insert_keys(superuser, tenant)).values())
        theirs = next(iter((await insert_keys(superuser, other)).values()))
        answers = [await call(api, key) for key in (keys[0], keys[1], keys[1], keys[2], keys[2])]

        assert [(one.status_code, *said(one)) for one in answers] == [
            (200, "2", "1"),
            (200, "2", "1"),
            (200, "2", "0"),
            (200, "4", "0"),  # the points of two keys, and the third has taken the last
            (429, "4", "0"),
        ]
        # What was refused took nothing, and nobody else is concerned.
        assert said(await call(api, theirs)) == ("2", "1")
        assert said(await api.send(VIEWER, who=tenant.owner)) == ("100", "99")


async def test_servers_count_the_keys_of_an_organization_together(
    database: Database, superuser: "asyncpg.Connection[Any]", redis: RedisServer
) -> None:
    tenant = await make_tenant(superuser)
    keys = list((await insert_keys(superuser, tenant)).values())
    limits = {"rate_limit_per_key": 5, "rate_limit_per_organization": 8}
    async with sharing(2, database, redis, **limits) as servers:
        answers = [(await call(servers[place % 2], keys[place % 4])).status_code for place in range(16)]
        last = await call(servers[0], keys[0])

    assert (answers.count(200), answers.count(429)) == (8, 8)
    assert said(last) == ("8", "0")
    counts = Redis.from_url(redis.url)
    taken = {name: int(await counts.get(name) or 0) for name in await counts.keys()}
    ends = [await counts.pttl(name) for name in taken]
    await counts.aclose()
    # What did not fit was taken of neither: nothing had to be given back.
    assert sum(points for name, points in taken.items() if b"/actor/" in name) == 8
    assert taken[f"trellis/rates/keys/{tenant.id}".encode()] == 8
    assert all(0 < end <= 60_000 for end in ends)


async def test_the_keys_of_an_organization_are_in_flight_together(
    database: Database, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    one, other, *_ = (await insert_keys(superuser, tenant)).values()
    async with limited(database, max_in_flight=1) as api:
        async with locked_tasks(superuser):
            tasks = "{ organizations { nodes { tasks(first: 1) { nodes { title } } } } }"
            waiting = asyncio.create_task(api.send_with({"X-API-Key": one}, tasks))
            await until_locked_out(superuser, 1)
            refused = await call(api, other)
            person = await api.send(VIEWER, who=tenant.owner)

        assert (refused.status_code, person.status_code) == (429, 200)
        assert (await waiting).status_code == 200
        assert (await call(api, other)).status_code == 200


async def test_an_organization_has_so_many_keys_and_no_more(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    key_id, _ = await make_key(api, tenant)
    await superuser.execute(MANY, tenant.id, MOST_KEYS - 4)  # beside the one above and that of every tenant

    made = await asyncio.gather(*(create(api, tenant) for _ in range(5)))

    assert sorted(len(errors) for errors in made) == [0, 0, 1, 1, 1]
    assert [errors[0] for errors in made if errors] == [FULL] * 3
    assert await superuser.fetchval(LIVE, tenant.id) == MOST_KEYS
    await expire(superuser, "expires_at", key_id)
    assert await create(api, tenant) == []
    assert await create(api, tenant) == [FULL]
