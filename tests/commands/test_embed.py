"""`trellis embed`: what it embeds, and that it can change the model."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg

from tests.factories import make_tenant
from tests.processes import trellis
from tests.search.embedder_server import serving_embeddings

TEXTS = """
INSERT INTO search_texts (organization_id, kind, subject_id, content, content_hash)
SELECT organization_id, 'TASK', id, to_tsvector('english', title), sha256(convert_to(title || E'\\n', 'UTF8'))
FROM tasks
"""
MODELS = "SELECT id, name, dimension, state FROM embedding_models ORDER BY id"
EMBEDDED = "SELECT model_id, vector_dims(embedding), count(*) FROM embeddings GROUP BY 1, 2"
INDEXES = "SELECT indexname FROM pg_indexes WHERE indexname LIKE 'ix_embeddings_model_%' ORDER BY 1"


async def test_what_is_missing_is_embedded_and_then_another_model_takes_over(tmp_path: Path, new_database: Any) -> None:
    database = await new_database()
    superuser = await asyncpg.connect(database.superuser_url)
    await make_tenant(superuser, tasks=50)
    await superuser.execute(TEXTS)
    urls = {"TRELLIS_DATABASE_URL": database.runtime_url, "TRELLIS_DATABASE_OWNER_URL": database.owner_url}

    async def found(query: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await superuser.fetch(query)]

    async with serving_embeddings() as server:
        urls["TRELLIS_EMBEDDER_URL"] = server.url
        filled = await asyncio.to_thread(trellis, tmp_path, "embed", **urls)
        assert (filled.returncode, filled.stdout, filled.stderr) == (0, "wordllama has every text.\n", "")
        assert await found(EMBEDDED) == [(1, 256, 50)]

        switched = await asyncio.to_thread(trellis, tmp_path, "embed", "--model", "openai:new", "--switch", **urls)

    said = "Searches read openai:new, which has every text. wordllama is gone.\n"
    assert (switched.returncode, switched.stdout, switched.stderr) == (0, said, "")
    assert await found(MODELS) == [(2, "openai:new", 384, "active")]
    assert await found(EMBEDDED) == [(2, 384, 50)]
    assert await found(INDEXES) == [("ix_embeddings_model_2_chunk",), ("ix_embeddings_model_2_task",)]
    assert sorted(server.asked.values()) == [1] * 51  # each text, and the one that the model's dimension is asked with
    await superuser.close()


async def test_an_embedder_that_nobody_knows_is_one_line(tmp_path: Path, database: Any) -> None:
    urls = {"TRELLIS_DATABASE_URL": database.runtime_url, "TRELLIS_DATABASE_OWNER_URL": database.owner_url}

    refused = await asyncio.to_thread(trellis, tmp_path, "embed", "--model", "bert", **urls)

    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert "There is no embedder 'bert': name wordllama, minilm or openai:MODEL" in refused.stderr
