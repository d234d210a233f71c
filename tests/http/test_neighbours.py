"""One caller does their worst, and the requests of another are answered all the same."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import asyncpg
import httpx
import pytest
from pydantic import SecretStr

from app.config import Settings
from tests.api import SECRET, Api, serving
from tests.conftest import Database
from tests.factories import Tenant, make_tenant
from tests.locks import tasks_locked, whoever_waits

SMALL = "{ viewer { user { id } } }"
PATIENT = ("request_timeout", "pool_timeout", "statement_timeout", "lock_timeout")
MANY = 20  # what a caller may have under way
TASKS = "query ($id: ID!) { team(id: $id) { tasks { nodes { title } } } }"


async def many_at_a_lock(api: Api, tenant: Tenant) -> httpx.Response:
    return await api.send(TASKS, who=tenant.owner, id=str(tenant.teams[0]))


Worst = Callable[[Api, Tenant], Coroutine[Any, Any, httpx.Response]]


@pytest.mark.parametrize("worst", [many_at_a_lock])
async def test_a_neighbour_is_answered_meanwhile(
    database: Database, superuser: "asyncpg.Connection[Any]", worst: Worst
) -> None:
    tenant, neighbour = await make_tenant(superuser), await make_tenant(superuser)
    patient: dict[str, Any] = dict.fromkeys(
        ("request_timeout", "pool_timeout", "statement_timeout", "lock_timeout"), 60
    )
    settings = Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET), **patient)
    async with serving(settings) as api:
        for who in (tenant.owner, neighbour.owner):
            await api.data(SMALL, who=who)
        async with tasks_locked(superuser):
            attacks = [asyncio.create_task(worst(api, tenant)) for _ in range(MANY)]
            await whoever_waits(superuser, amount=settings.pool_size // 2)
            async with asyncio.timeout(5):
                answers = await asyncio.gather(*(api.send(SMALL, who=neighbour.owner) for _ in range(MANY)))
                ready = await api.http.get("/readyz")
            assert not any(one.done() for one in attacks)
        await asyncio.gather(*attacks)

    assert {one.status_code for one in answers} == {200}
    assert (ready.status_code, ready.text) == (200, "ok\n")
