"""A database of a test's own with a model behind a socket, and a worker that works when it is told to."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from app.config import Settings
from app.db.engine import Database
from app.indexing.registry import ModelRegistry
from app.indexing.worker import Worker
from app.main import SEARCHABLES
from tests.embedders.embedder_server import EmbedderServer, serving_embeddings
from tests.factories import Tenant, make_tenant

QUEUE = """
INSERT INTO search_texts (organization_id, kind, subject_id, content, content_hash)
SELECT organization_id, 'TASK', id, to_tsvector('english', title), sha256(convert_to(title || E'\\n', 'UTF8'))
FROM tasks WHERE organization_id = $1 ON CONFLICT (organization_id, kind, subject_id) DO UPDATE
SET content_hash = excluded.content_hash
"""
JOBS = """
INSERT INTO embedding_jobs (organization_id, kind, subject_id)
SELECT organization_id, 'TASK', id FROM tasks WHERE organization_id = $1
ON CONFLICT (organization_id, kind, subject_id) DO UPDATE SET due_at = now(), attempts = 0
"""


@dataclass
class Site:
    """`worker` embeds with the model at `server`, whose dimension is 256."""

    superuser: "asyncpg.Connection[Any]"
    superuser_url: str
    server: EmbedderServer
    database: Database
    models: ModelRegistry
    worker: Worker

    async def tenant(self, tasks: int) -> Tenant:
        """An organization with tasks called "Task 1" …, all queued."""
        tenant = await make_tenant(self.superuser, tasks=tasks)
        await self.queue(tenant)
        return tenant

    async def queue(self, tenant: Tenant) -> None:
        await self.superuser.execute(QUEUE, tenant.id)
        await self.superuser.execute(JOBS, tenant.id)

    async def work(self) -> None:
        """Until nothing is due."""
        while await self.worker.work():
            pass

    async def state(self) -> list[tuple[Any, ...]]:
        """Of each text, by title: whether it is embedded as it is, the failed attempts, whether it is parked."""
        rows = await self.superuser.fetch(
            """SELECT title, coalesce(embeddings.content_hash = search_texts.content_hash, false), attempts,
                      parked_at IS NOT NULL
               FROM search_texts
               LEFT JOIN embeddings USING (organization_id, kind, subject_id)
               LEFT JOIN embedding_jobs USING (organization_id, kind, subject_id)
               JOIN tasks ON tasks.id = subject_id ORDER BY tasks.created_at"""
        )
        return [tuple(row) for row in rows]


@pytest.fixture
async def site(new_database: Any) -> AsyncIterator[Site]:
    made = await new_database()
    superuser = await asyncpg.connect(made.superuser_url)
    await superuser.execute("UPDATE embedding_models SET name = 'openai:test'")
    async with serving_embeddings() as server:
        server.dimension = 256
        settings = Settings(database_url=made.runtime_url, embedder_url=server.url, embedder_timeout=5)
        database = Database.open(settings)
        models = ModelRegistry(database, settings)
        yield Site(superuser, made.superuser_url, server, database, models, Worker(database, models, SEARCHABLES))
        await models.close()
        await database.close()
    await superuser.close()
