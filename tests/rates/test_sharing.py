"""Limits that several processes share in Redis, and what becomes of them when it is slow, or gone."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from app.config import Settings
from tests.api import SECRET, Api, serving
from tests.conftest import Database
from tests.factories import make_tenant
from tests.processes import serve
from tests.rates.conftest import RedisServer
from tests.rates.load import Load

VIEWER = "{ viewer { user { id } } }"
RENAME = 'mutation ($id: ID!) { updateTeam(id: $id, input: {name: "Renamed"}) { team { name } } }'
READY = "ok\n"
ALONE = "ok, but Redis does not answer: each process counts rate limits for itself\n"


@asynccontextmanager
async def sharing(amount: int, database: Database, redis: RedisServer, **limits: Any) -> AsyncIterator[list[Api]]:
    """Some servers with one Redis; each is an application of its own, as it would be in a process of its own.

    They are connected: on a busy machine that alone can take longer than a request waits.
    """
    settings = Settings.model_validate(
        {"database_url": database.runtime_url, "jwt_secret": SecretStr(SECRET), "redis_url": redis.url, **limits}
    )
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(serving(settings)) for _ in range(amount)]
        for one in servers:
            await until_said(one, READY)
        yield servers


async def until_said(api: Api, text: str) -> None:
    """Until /readyz says it, which looks once a second."""
    async with asyncio.timeout(5):
        while (ready := await api.http.get("/readyz")).text != text:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.02)
    assert ready.status_code == 200


def left(response: httpx.Response) -> int:
    return int(response.headers["ratelimit-remaining"])


async def test_servers_count_together(
    database: Database, superuser: "asyncpg.Connection[Any]", redis: RedisServer
) -> None:
    tenant = await make_tenant(superuser)
    async with sharing(2, database, redis, rate_limit=10) as (one, other):
        first = await one.send(VIEWER, who=tenant.owner)
        await asyncio.sleep(1.1)
        second = await other.send(VIEWER, who=tenant.owner)
        written = await one.send(RENAME, who=tenant.owner, id=str(tenant.teams[0]))
        refused = await other.send(RENAME, who=tenant.owner, id=str(tenant.teams[0]))
        last = [await api.send(VIEWER, who=tenant.owner) for api in (one, other, one, other)]

    assert [left(answer) for answer in (first, second, written, refused)] == [9, 8, 3, 2]
    assert refused.status_code == 429  # and the four points that it lacked have been given back
    assert [(answer.status_code, left(answer)) for answer in last] == [(200, 1), (200, 0), (429, 0), (429, 0)]
    # The minute began at the first server, a second ago.
    assert 58 <= int(second.headers["ratelimit-reset"]) <= 59


async def test_what_does_not_fit_is_never_taken(
    database: Database, superuser: "asyncpg.Connection[Any]", redis: RedisServer
) -> None:
    """Taken and given back later, it could be given to the next minute, which would then be too long."""
    tenant = await make_tenant(superuser)
    async with sharing(2, database, redis, rate_limit=6) as (one, other), Redis.from_url(redis.url) as client:
        await one.send(VIEWER, who=tenant.owner)
        await other.send(RENAME, who=tenant.owner, id=str(tenant.teams[0]))
        [window] = await client.keys()
        before = await client.info("commandstats")
        refused = await one.send(VIEWER, who=tenant.owner)  # of which its own copy says that it fits
        after = await client.info("commandstats")

        assert refused.status_code == 429
        assert after["cmdstat_incrby"]["calls"] == before["cmdstat_incrby"]["calls"]
        assert await client.get(window) == b"6"


async def test_strangers_and_failures_are_counted_together(database: Database, redis: RedisServer) -> None:
    wrong = {"authorization": "Bearer nonsense"}
    async with sharing(2, database, redis, rate_limit_anonymous=1, rate_limit_failures=1) as servers:
        strangers = [await api.http.post("/graphql", json={"query": VIEWER}) for api in servers]
        failures = [await api.http.post("/graphql", json={"query": VIEWER}, headers=wrong) for api in servers]

    assert [one.status_code for one in strangers] == [200, 429]
    assert [one.status_code for one in failures] == [401, 429]


async def test_without_redis_each_server_counts_on(
    database: Database, superuser: "asyncpg.Connection[Any]", redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    tenant = await make_tenant(superuser)
    async with sharing(1, database, redis, rate_limit=1_000) as (api,):
        assert left(await api.send(VIEWER, who=tenant.owner)) == 999
        assert (await api.http.get("/readyz")).text == READY

        redis.kill()
        answers = []
        while not said(caplog):
            answers.append(await api.send(VIEWER, who=tenant.owner))
        await until_said(api, ALONE)
        answers += [await api.send(VIEWER, who=tenant.owner) for _ in range(5)]
        assert [(one.status_code, left(one)) for one in answers] == [
            (200, 998 - place) for place in range(len(answers))
        ]

        redis.start()
        async with asyncio.timeout(5):
            while len(said(caplog)) == 1:  # noqa: ASYNC110  # a log sets no event
                await asyncio.sleep(0.02)
        await until_said(api, READY)
        assert left(await api.send(VIEWER, who=tenant.owner)) == 999  # as it is a new Redis

    assert [message.partition(":")[0] for message in said(caplog)] == [
        "Redis does not answer, so each process counts rate limits for itself",
        "Redis answers again",
    ]


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.levelno >= logging.WARNING]


async def test_a_slow_redis_makes_no_request_slow(
    database: Database, superuser: "asyncpg.Connection[Any]", redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    tenant = await make_tenant(superuser)
    async with sharing(1, database, redis) as (api,), Redis.from_url(redis.url) as client:
        await api.data(VIEWER, who=tenant.owner)
        await client.client_pause(10_000)
        started, answers = time.monotonic(), 0
        while not said(caplog):
            assert (await api.send(VIEWER, who=tenant.owner)).status_code == 200
            answers += 1
        # One after the other they waited 50 ms each, until a second had gone.
        assert answers >= 10
        assert time.monotonic() - started < 4
        started = time.monotonic()
        for _ in range(40):
            assert (await api.send(VIEWER, who=tenant.owner)).status_code == 200
        assert time.monotonic() - started < 40 * 0.05


async def test_two_workers_let_through_what_the_limit_says(
    database: Database, superuser: "asyncpg.Connection[Any]", redis: RedisServer, tmp_path: Path
) -> None:
    tenant = await make_tenant(superuser, members=2)
    variables = {
        "TRELLIS_DATABASE_URL": database.runtime_url,
        "TRELLIS_JWT_SECRET": SECRET,
        "TRELLIS_REDIS_URL": redis.url,
        "TRELLIS_RATE_LIMIT": "1000",
        "TRELLIS_MAX_IN_FLIGHT": "100",
    }
    with serve(tmp_path, "--workers", "2", **variables) as address:
        load = Load(address, tenant.owner, VIEWER)
        async with load.connected(20, workers=2):
            together = await load.send(5_000)
        load = Load(address, tenant.owner.replace("person1", "person2"), VIEWER)
        async with load.connected(20, workers=2):
            alone = await load.send(1_500, meanwhile=(500, redis.kill))
        ready = await ask_ready(address)

    assert set(together) == {200, 429}
    assert 990 <= together[200] <= 1_010
    assert set(alone) <= {200, 429}
    assert 1_000 <= alone[200] <= 1_500
    assert ready == ALONE


async def ask_ready(address: str) -> str:
    async with httpx.AsyncClient() as client:
        return (await client.get(f"{address}/readyz")).text
