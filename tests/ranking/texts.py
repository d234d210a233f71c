"""Tasks that can be searched, at once: with their texts, their vectors and the words counted."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import asyncpg

from app.config import Settings
from app.db.statement import Statement
from app.embedders.embedder import Embedder, as_text, load_embedder
from app.indexing.search_texts import write_texts
from app.search.searchable import Searchable
from app.tasks.searchable import TASKS
from tests.factories import Tenant, make_tenant

EMBED = """
INSERT INTO embeddings (organization_id, kind, subject_id, model_id, content_hash, embedding)
SELECT $1, $4::text, subject_id, 1, content_hash, vector::vector
FROM unnest($2::uuid[], $3::text[]) AS t (subject_id, vector)
JOIN search_texts USING (subject_id) WHERE organization_id = $1 AND kind = $4::text
ON CONFLICT (organization_id, kind, subject_id, model_id) DO UPDATE SET embedding = excluded.embedding
"""


async def make_searchable(superuser: "asyncpg.Connection[Any]", texts: Sequence[str], *, teams: int = 1) -> Tenant:
    """A tenant with a task for each text: its first line is the title, the rest the description."""
    tenant = await make_tenant(superuser, teams=teams, tasks=-(-len(texts) // teams))
    await write(superuser, tenant, texts)
    return tenant


async def write(superuser: "asyncpg.Connection[Any]", tenant: Tenant, texts: Sequence[str]) -> None:
    """Gives the tenant's first tasks these texts, and brings what search reads up to date."""
    ids = tenant.tasks[: len(texts)]
    parts = [text.partition("\n") for text in texts]
    await superuser.execute(
        "UPDATE tasks SET title = t.title, description = t.description"
        " FROM unnest($1::uuid[], $2::text[], $3::text[]) AS t (id, title, description) WHERE tasks.id = t.id",
        ids,
        [title for title, _, _ in parts],
        [body for _, _, body in parts],
    )

    await read(superuser, TASKS, tenant, ids, texts)


async def read(
    superuser: "asyncpg.Connection[Any]",
    searchable: Searchable,
    tenant: Tenant,
    ids: Sequence[UUID],
    texts: Sequence[str],
) -> None:
    """Makes rows that have been written searchable by these texts."""

    async def fetch(statement: Statement, values: Mapping[str, Any]) -> list[Any]:
        return await superuser.fetch(statement.text, *statement.arguments(values))

    async with superuser.transaction():  # so that no worker sees the jobs
        await write_texts(fetch, searchable, tenant.id, ids)
        await superuser.execute("DELETE FROM embedding_jobs WHERE organization_id = $1", tenant.id)
    vectors = [as_text(row) for row in await embedder().embed(texts)]
    await superuser.execute(EMBED, tenant.id, ids, vectors, searchable.kind)
    await count_words(superuser, tenant, searchable.kind)


async def count_words(superuser: "asyncpg.Connection[Any]", tenant: Tenant, kind: str = "TASK") -> None:
    """Counts the tenant's words as they are now."""
    await superuser.execute(
        "INSERT INTO search_word_totals (organization_id, kind, changed) VALUES ($1, $2::text, 1000000)"
        " ON CONFLICT (organization_id, kind) DO UPDATE SET changed = 1000000",
        tenant.id,
        kind,
    )
    assert await superuser.fetchval("SELECT trellis_count_words($1, $2)", tenant.id, kind)


@lru_cache(1)
def embedder() -> Embedder:
    return load_embedder("wordllama", 256, Settings())
