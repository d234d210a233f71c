"""An organization of 200,000 tasks is deleted, restored and purged over HTTP with default settings. `make soak-delete`.

Prints what it took, and how long a neighbour waited for small answers meanwhile.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from pydantic import SecretStr

from app.auth.tokens import sign
from app.config import Settings
from app.db.columns import now
from app.db.engine import Database as Pool
from app.main import create_app
from app.purging.purge_job import purge_due
from app.rates.windows import WINDOW
from app.tasks.loaders import TASKS
from app.time_limits import BACKGROUND
from app.trash import delete
from tests.api import GRAPHQL, SECRET
from tests.conftest import Database
from tests.factories import Tenant, make_tenant
from tests.sockets import listening

TASKS_IN_ALL = 200_000
PATIENCE = 60.0  # seconds: what nginx waits for an answer
WRITE = "mutation ($id: ID!) {{ {field}(id: $id) {{ {selected} userErrors {{ message }} }} }}"
NEIGHBOUR = "{ organizations { nodes { teams { nodes { tasks(first: 5) { nodes { title } } } } } } }"


@pytest.fixture
def settings(database: Database) -> Settings:
    return Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET))


@pytest.fixture
async def http(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with listening(create_app(settings)) as port:
        address = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=address, timeout=PATIENCE) as client:
            yield client


async def test_an_organization_goes_and_comes_back_whole(
    http: httpx.AsyncClient, settings: Settings, database: Database, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, members=20, teams=50, tasks=TASKS_IN_ALL // 1000)
    neighbour = await make_tenant(superuser)
    await superuser.execute("VACUUM ANALYZE")
    say(await explain(database, tenant))
    client = Client(http, settings, tenant, neighbour)

    deleted = await client.timed("deleteOrganization", "deletion { id counts { tasks } }")
    assert deleted["deletion"]["counts"] == {"tasks": TASKS_IN_ALL}
    await client.timed("restoreOrganization", "")
    live = "SELECT count(*) FROM tasks WHERE organization_id = $1 AND deleted_at IS NULL"
    assert await superuser.fetchval(live, tenant.id) == TASKS_IN_ALL

    await asyncio.sleep(WINDOW)  # to delete and to restore took all points of a minute
    deleted = await client.timed("deleteOrganization", "deletion { id }")
    purged = await client.timed("purgeDeletion", "pending", id=deleted["deletion"]["id"])
    assert purged["pending"]
    await swept(settings)


async def swept(settings: Settings) -> None:
    pool, started = Pool.open(settings, BACKGROUND), time.perf_counter()
    try:
        assert (await purge_due(pool))["tasks"] == TASKS_IN_ALL
    finally:
        await pool.close()
    say(f"purge: {time.perf_counter() - started:.1f} s")


def say(line: str) -> None:
    print(line)  # noqa: T201  # what the run is for


class Client:
    """The tenant's owner, beside whom a neighbour reads a small list again and again."""

    def __init__(self, http: httpx.AsyncClient, settings: Settings, tenant: Tenant, neighbour: Tenant) -> None:
        self.http = http
        self.settings = settings
        self.tenant = tenant
        self.neighbour = neighbour

    async def timed(self, field: str, selected: str, **variables: Any) -> dict[str, Any]:
        """The payload, without mistakes; says how long it took, and how long the slowest of the neighbour's answers."""
        variables = {"id": str(self.tenant.id), **variables}
        async with self._beside() as waits:
            started = time.perf_counter()
            data = await self._send(self.tenant.owner, WRITE.format(field=field, selected=selected), variables)
            took = time.perf_counter() - started
        say(
            f"{field}: {took:.1f} s; {len(waits)} answers to a neighbour, the slowest in {max(waits, default=0):.0f} ms"
        )
        payload: dict[str, Any] = data[field]
        assert payload["userErrors"] == []
        return payload

    @asynccontextmanager
    async def _beside(self) -> AsyncIterator[list[float]]:
        """How many milliseconds each of the neighbour's answers took within the block."""
        waits: list[float] = []

        async def read() -> None:
            while True:
                started = time.perf_counter()
                await self._send(self.neighbour.owner, NEIGHBOUR, {})
                waits.append((time.perf_counter() - started) * 1000)
                await asyncio.sleep(0.05)

        reading = asyncio.create_task(read())
        try:
            yield waits
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _send(self, who: str, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        token = sign(self.settings, subject=who, email=who, name=None, ttl=timedelta(hours=1))
        headers = {"Authorization": f"Bearer {token}"}
        response = await self.http.post(GRAPHQL, json={"query": query, "variables": variables}, headers=headers)
        body = response.json()
        assert "errors" not in body, body
        data: dict[str, Any] = body["data"]
        return data


async def explain(database: Database, tenant: Tenant) -> str:
    """How PostgreSQL stamps the tasks of all teams, for the server's role; nothing of it stays."""
    statement = delete._stamp(TASKS.table, "team_id")
    given = {"organization_id": tenant.id, "ids": tenant.teams, "deletion_id": tenant.id, "deleted_at": now()}
    connection = await asyncpg.connect(database.runtime_url)
    transaction = connection.transaction()
    await transaction.start()
    await connection.fetchval("SELECT trellis_identify($1, NULL)", tenant.users[0])
    await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    plan = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {statement.text}", *statement.arguments(given))
    await transaction.rollback()
    await connection.close()
    return "\n".join(row[0] for row in plan)
