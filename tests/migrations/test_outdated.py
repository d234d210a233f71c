"""A migration under load: what connections had prepared before it is prepared anew, and no client hears of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, TypeAlias

import asyncpg
import httpx
from pydantic import SecretStr

from app.auth.tokens import sign
from app.config import Settings
from app.main import create_app
from tests.api import GENEROUS, SECRET
from tests.factories import make_tenant
from tests.sockets import listening

Send: TypeAlias = Callable[[dict[str, Any]], Awaitable[list[tuple[int, Any]]]]
READ = "query ($slug: String!) { organization(by: {slug: $slug}) { tasks { nodes { title } } } }"
WRITE = "mutation ($id: ID!, $title: String!) { updateTask(id: $id, input: {title: $title}) { task { title } } }"
AT_ONCE = 6  # requests, each of which has a connection of its own


async def test_reads_go_on_after_a_migration_under_load(new_database: Any) -> None:
    async with migrating(await new_database()) as (send, migrate, tenant):
        body = {"query": READ, "variables": {"slug": tenant.slug}}
        before = await send(body)
        await migrate()
        after = await send(body)

    answer = {"organization": {"tasks": {"nodes": [{"title": "Task 1"}]}}}
    assert [(status, body["data"]) for status, body in before] == [(200, answer)] * AT_ONCE
    assert after == before


async def test_writes_go_on_after_a_migration_under_load(new_database: Any) -> None:
    async with migrating(await new_database()) as (send, migrate, tenant):
        variables = {"id": str(tenant.tasks[0])}
        before = await send({"query": WRITE, "variables": variables | {"title": "Before"}})
        await migrate()
        after = await send({"query": WRITE, "variables": variables | {"title": "After"}})

    assert before == [(200, {"data": {"updateTask": {"task": {"title": "Before"}}}})] * AT_ONCE
    assert after == [(200, {"data": {"updateTask": {"task": {"title": "After"}}}})] * AT_ONCE


@asynccontextmanager
async def migrating(database: Any) -> AsyncIterator[tuple[Send, Callable[[], Awaitable[str]], Any]]:
    """A server on a real socket, and a migration that changes the type of a column which it reads."""
    owner = await asyncpg.connect(database.superuser_url)
    tenant = await make_tenant(owner)
    settings = Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET)).model_copy(update=GENEROUS)
    token = sign(settings, subject=tenant.owner, email=tenant.owner, name=None, ttl=timedelta(minutes=1))
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        listening(create_app(settings)) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as http,
    ):

        async def send(body: dict[str, Any]) -> list[tuple[int, Any]]:
            sent = await asyncio.gather(*(http.post("/graphql", json=body) for _ in range(AT_ONCE)))
            return [(response.status_code, response.json()) for response in sent]

        yield send, lambda: owner.execute("ALTER TABLE tasks ALTER COLUMN title TYPE text"), tenant
    await owner.close()
