"""`trellis embed`: it embeds what is missing, and only that."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg

from tests.embedders.embedder_server import serving_embeddings
from tests.factories import make_tenant
from tests.processes import trellis

TEXTS = """
INSERT INTO search_texts (organization_id, kind, subject_id, content, content_hash)
SELECT organization_id, 'TASK', id, to_tsvector('english', title), sha256(convert_to(title || E'\\n', 'UTF8'))
FROM tasks
"""
JOBS = "INSERT INTO embedding_jobs (organization_id, kind, subject_id) SELECT organization_id, 'TASK', id FROM tasks"
EMBEDDED = "SELECT model_id, vector_dims(embedding), count(*) FROM embeddings GROUP BY 1, 2"


async def test_what_is_missing_is_embedded(tmp_path: Path, new_database: Any) -> None:
    database = await new_database()
    superuser = await asyncpg.connect(database.superuser_url)
    await make_tenant(superuser, tasks=60)
    await superuser.execute(TEXTS)
    await superuser.execute(JOBS)
    urls = {"TRELLIS_DATABASE_URL": database.runtime_url, "TRELLIS_DATABASE_OWNER_URL": database.owner_url}

    filled = await asyncio.to_thread(trellis, tmp_path, "embed", **urls)
    assert (filled.returncode, filled.stdout, filled.stderr) == (0, "wordllama has every text.\n", "")
    assert [tuple(row) for row in await superuser.fetch(EMBEDDED)] == [(1, 256, 60)]
    assert await superuser.fetchval("SELECT reltuples FROM pg_class WHERE relname = 'embeddings'") >= 50  # analyzed
    await superuser.execute("DELETE FROM embeddings WHERE subject_id = (SELECT min(id::text)::uuid FROM tasks)")
    switched = await asyncio.to_thread(trellis, tmp_path, "embed", "--model", "wordllama", "--switch", **urls)

    said = "Searches read wordllama, which has every text.\n"
    assert (switched.returncode, switched.stdout, switched.stderr) == (0, said, "")
    assert [tuple(row) for row in await superuser.fetch(EMBEDDED)] == [(1, 256, 60)]
    await superuser.close()


async def test_an_embedder_that_nobody_knows_is_one_line(tmp_path: Path, database: Any) -> None:
    urls = {"TRELLIS_DATABASE_URL": database.runtime_url, "TRELLIS_DATABASE_OWNER_URL": database.owner_url}

    refused = await asyncio.to_thread(trellis, tmp_path, "embed", "--model", "bert", **urls)

    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert "There is no embedder 'bert': name wordllama, minilm or openai:MODEL" in refused.stderr


async def test_an_owner_that_is_not_there_is_named(tmp_path: Path, database: Any) -> None:
    owner_url = database.addresses.url("nobody", database.name)
    urls = {"TRELLIS_DATABASE_URL": database.runtime_url, "TRELLIS_DATABASE_OWNER_URL": owner_url}

    refused = await asyncio.to_thread(trellis, tmp_path, "embed", **urls)

    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert refused.stderr.endswith('(role "nobody" does not exist): check TRELLIS_DATABASE_OWNER_URL\n')


async def test_a_database_that_is_busy_is_one_line(tmp_path: Path, new_database: Any) -> None:
    database = await new_database()
    superuser = await asyncpg.connect(database.superuser_url)
    urls = {"TRELLIS_DATABASE_URL": database.runtime_url, "TRELLIS_DATABASE_OWNER_URL": database.owner_url}

    async with superuser.transaction():
        await superuser.execute("LOCK TABLE embedding_jobs")
        refused = await asyncio.to_thread(trellis, tmp_path, "embed", **urls)
    await superuser.close()

    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert refused.stderr == (
        "The database took too long (canceling statement due to lock timeout), as while others write a lot: what is "
        "done stays done, so run the command again\n"
    )


async def test_a_text_that_the_model_refuses_is_one_line_and_status_1(tmp_path: Path, new_database: Any) -> None:
    database = await new_database()
    superuser = await asyncpg.connect(database.superuser_url)
    await make_tenant(superuser, tasks=3)
    await superuser.execute(TEXTS)
    await superuser.execute("UPDATE embedding_models SET name = 'openai:test'")
    await superuser.close()
    async with serving_embeddings() as server:
        server.dimension = 256
        server.refused = {"Task 2"}
        urls = {"TRELLIS_DATABASE_URL": database.runtime_url, "TRELLIS_DATABASE_OWNER_URL": database.owner_url}
        refused = await asyncio.to_thread(trellis, tmp_path, "embed", TRELLIS_EMBEDDER_URL=server.url, **urls)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        "openai:test has every text but 1. The last of those failed with: openai:test answers 400: "
        '{"error": {"message": "this is a 400"}}; `trellis doctor` names them, and this command tries them again\n'
    )
