"""The worker: what is written is embedded soon, once, in each organization in its turn."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg

from tests.api import Api
from tests.factories import Tenant, make_tenant

CREATE = """mutation ($input: CreateTaskInput!) { createTask(input: $input) { task { id } userErrors { message } } }"""
SEARCH = """query ($id: ID!) {
  searchTasks(organizationId: $id, query: "cannot sign in with the browser", mode: SEMANTIC, first: 1) {
    nodes { id } degraded
  }
}"""
STATE = """
SELECT embeddings.content_hash = search_texts.content_hash AS is_newest, vector_dims(embedding) AS dimension,
       embedding_jobs.attempts
FROM search_texts
LEFT JOIN embeddings USING (organization_id, kind, subject_id)
LEFT JOIN embedding_jobs USING (organization_id, kind, subject_id)
WHERE search_texts.organization_id = $1 AND subject_id = $2
"""


async def create(api: Api, tenant: Tenant, title: str) -> UUID:
    data = await api.data(CREATE, who=tenant.owner, input={"teamId": str(tenant.teams[0]), "title": title})
    return UUID(data["createTask"]["task"]["id"])


async def until_embedded(superuser: "asyncpg.Connection[Any]", tenant: Tenant, task: UUID, *, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while tuple(await superuser.fetchrow(STATE, tenant.id, task) or ()) != (True, 256, None):  # noqa: ASYNC110  # PostgreSQL sends no event
            await asyncio.sleep(0.01)


async def test_a_new_task_is_found_by_meaning_within_a_second(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=0)
    await until_embedded(superuser, tenant, await create(api, tenant, "The first loads the model"), seconds=20)

    task = await create(api, tenant, "Login fails on Safari")
    await until_embedded(superuser, tenant, task, seconds=1)
    found = await api.data(SEARCH, who=tenant.owner, id=str(tenant.id))
    assert found["searchTasks"] == {"nodes": [{"id": str(task)}], "degraded": []}
