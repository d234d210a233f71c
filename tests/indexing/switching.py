"""The model is changed while people search and write: what they notice of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import asyncpg
from pydantic import SecretStr

from app.commands.embed import fill_and_switch
from app.config import Settings
from tests.api import SECRET, Api, serving
from tests.embedders.embedder_server import EmbedderServer
from tests.factories import Tenant, make_tenant
from tests.processes import TRELLIS, environment

Switch = Callable[[Any, EmbedderServer], Awaitable[str]]
UNLIMITED = 1_000_000_000
EVERY = 0.05  # seconds: 20 searches and 20 writes a second
TEXTS = """
INSERT INTO search_texts (organization_id, kind, subject_id, content, content_hash)
SELECT organization_id, 'TASK', id, to_tsvector('english', title), sha256(convert_to(title || E'\\n', 'UTF8'))
FROM tasks WHERE organization_id = $1
"""
JOBS = """
INSERT INTO embedding_jobs (organization_id, kind, subject_id)
SELECT organization_id, 'TASK', id FROM tasks WHERE organization_id = $1
"""
SEARCH = """query ($id: ID!, $text: String!) {
  searchTasks(organizationId: $id, query: $text, mode: SEMANTIC, first: 10) { nodes { id } degraded }
}"""
WRITE = "mutation ($id: ID!, $title: String!) { updateTask(id: $id, input: {title: $title}) { userErrors { code } } }"
WAITED = """
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - waitstart)), 0)
FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE NOT granted AND datname = current_database()
AND query ~ '^(WITH changed|UPDATE tasks|SELECT tasks|INSERT INTO event)'
"""
LEFT = """
SELECT count(*) FROM search_texts LEFT JOIN embeddings USING (organization_id, kind, subject_id)
WHERE search_texts.content_hash IS DISTINCT FROM embeddings.content_hash OR vector_dims(embedding) <> 384
"""


@dataclass
class Noticed:
    """`waited` is the longest that a statement of a write was seen to wait for a lock; all in seconds."""

    searches: list[float] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)
    short: list[Any] = field(default_factory=list)
    waited: float = 0.0
    left: int = 0  # texts that the new model does not have in the end
    said: str = ""


@dataclass
class Load:
    """One organization whose people search and write until `done`."""

    api: Api
    superuser: "asyncpg.Connection[Any]"
    tenant: Tenant
    noticed: Noticed
    done: asyncio.Event

    async def search(self, number: int) -> None:
        variables = {"id": str(self.tenant.id), "text": f"task {number % 50}"}
        found = (await self.api.data(SEARCH, who=self.tenant.owner, **variables))["searchTasks"]
        if len(found["nodes"]) != 10 or found["degraded"]:
            self.noticed.short.append(found)

    async def write(self, number: int) -> None:
        task = str(self.tenant.tasks[number % len(self.tenant.tasks)])
        written = await self.api.data(WRITE, who=self.tenant.owner, id=task, title=f"Changed task {number}")
        assert written["updateTask"]["userErrors"] == []

    async def watch(self, _number: int) -> None:
        self.noticed.waited = max(self.noticed.waited, float(await self.superuser.fetchval(WAITED)))

    async def repeat(self, once: Callable[[int], Awaitable[None]], times: list[float], every: float = EVERY) -> None:
        number = 0
        while not self.done.is_set():
            started = perf_counter()
            await once(number)
            times.append(perf_counter() - started)
            number += 1
            await asyncio.sleep(max(0.0, every - times[-1]))


async def switch_under_load(database: Any, server: EmbedderServer, switch: Switch, *, tasks: int) -> Noticed:
    """Fills the first model for an organization of `tasks` tasks, and lets another take over under load."""
    superuser, watching = [await asyncpg.connect(database.superuser_url) for _ in range(2)]
    tenant = await make_tenant(superuser, tasks=tasks)
    await superuser.execute(TEXTS, tenant.id)
    await superuser.execute(JOBS, tenant.id)
    noticed = Noticed()
    settings = Settings(
        database_url=database.runtime_url,
        jwt_secret=SecretStr(SECRET),
        embedder_url=server.url,
        rate_limit=UNLIMITED,
    )
    async with serving(settings) as api:
        load = Load(api, watching, tenant, noticed, asyncio.Event())
        await _until_embedded(superuser)
        running = [
            asyncio.create_task(one)
            for one in (
                load.repeat(load.search, noticed.searches),
                load.repeat(load.write, noticed.writes),
                load.repeat(load.watch, [], every=0.02),
            )
        ]
        noticed.said = await switch(database, server)
        await asyncio.sleep(1)
        load.done.set()
        await asyncio.gather(*running)
        await _until_embedded(superuser)
        noticed.left = await superuser.fetchval(LEFT)
    await asyncio.gather(superuser.close(), watching.close())
    return noticed


async def _until_embedded(superuser: "asyncpg.Connection[Any]") -> None:
    while await superuser.fetchval("SELECT count(*) FROM embedding_jobs"):  # noqa: ASYNC110  # PostgreSQL sends no event
        await asyncio.sleep(0.05)


async def switch_by_command(database: Any, server: EmbedderServer) -> str:
    """What `trellis embed --switch` says, as a process of its own."""
    variables = environment(
        TRELLIS_DATABASE_URL=database.runtime_url,
        TRELLIS_DATABASE_OWNER_URL=database.owner_url,
        TRELLIS_EMBEDDER_URL=server.url,
    )
    command = (*TRELLIS, "embed", "--model", "openai:new", "--switch")
    process = await asyncio.create_subprocess_exec(
        *command, env=variables, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said, failed = await process.communicate()
    assert process.returncode == 0, failed.decode()
    return said.decode()


async def switch_beside(database: Any, server: EmbedderServer) -> str:
    """The same within this process, which saves starting one."""
    settings = Settings(database_url=database.runtime_url, embedder_url=server.url)
    return await fill_and_switch(settings, database.owner_url, "openai:new", switch=True, progress=lambda *_: None)
