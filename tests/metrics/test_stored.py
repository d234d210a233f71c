"""What the database says waits: how much, since when, and read off indexes."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from app.config import Settings
from app.db.engine import Database
from app.metrics.stored import stored
from app.time_limits import HOUSEKEEPING
from tests.factories import Tenant, make_tenant
from tests.metrics.scraping import Scrape
from tests.reading import count_reads

FEW = 20
TEXTS = """
WITH texts AS (
    INSERT INTO search_texts (organization_id, kind, subject_id, content, content_hash)
    SELECT organization_id, 'TASK', id, '', '' FROM tasks WHERE organization_id = $1
    RETURNING organization_id, subject_id
)
INSERT INTO embedding_jobs (organization_id, kind, subject_id, due_at, waiting_since, attempts, parked_at, error)
SELECT organization_id, 'TASK', subject_id, now() + interval '1 hour', now() - place * interval '1 minute', 1,
       CASE WHEN place <= 3 THEN now() END, CASE WHEN place <= 2 THEN 'It failed.' END
FROM (SELECT *, row_number() OVER () AS place FROM texts) AS numbered
"""
DOCUMENTS = """
INSERT INTO documents (organization_id, id, title, kind, size, text_hash, status, due_at, deleted_at, created_at,
                       updated_at)
SELECT $1, gen_random_uuid(), 'A', 'TEXT', 0, repeat('0', 64), $3::text,
       CASE $3::text WHEN 'COMPLETED' THEN NULL ELSE now() END, $4::timestamptz, now() - interval '1 day',
       now() - interval '2 minutes' FROM generate_series(1, $2)
"""
EXPORTS = """
INSERT INTO exports (organization_id, id, status, size, expires_at, secret_hashes, created_at, updated_at)
SELECT $1, gen_random_uuid(), 'COMPLETED', 4, now() + interval '1 day', ARRAY[sha256('')], now(), now()
FROM generate_series(1, 5000)
"""
EXPORT = """
INSERT INTO exports (organization_id, id, status, due_at, attempts, secret_hashes, created_at, updated_at)
VALUES ($1, gen_random_uuid(), 'RUNNING', now() + interval '3 minutes', 2, ARRAY[sha256('')],
        now() - interval '7 minutes', now())
"""
DELETIONS = """
INSERT INTO deletions (organization_id, id, subject_type, subject_ids, deleted_at, purge_at)
SELECT $1, gen_random_uuid(), 'Task', ARRAY[gen_random_uuid()], now(), now() + $3 * interval '1 minute'
FROM generate_series(1, $2)
"""


@pytest.fixture
async def site(new_database: Any) -> AsyncIterator[tuple[Database, "asyncpg.Connection[Any]", Tenant]]:
    made = await new_database()
    superuser = await asyncpg.connect(made.superuser_url)
    database = Database.open(Settings(database_url=made.runtime_url), HOUSEKEEPING, size=1)
    yield database, superuser, await make_tenant(superuser, tasks=8)
    await database.close()
    await superuser.close()


async def test_what_waits_is_told_and_read_off_indexes(site: tuple[Database, Any, Tenant]) -> None:
    database, superuser, tenant = site
    reads = count_reads(database)
    await superuser.execute(TEXTS, tenant.id)
    for amount, status, deleted in (
        (5000, "COMPLETED", None),
        (3, "PROCESSING", None),
        (1, "PENDING", datetime.now(UTC)),
    ):
        await superuser.execute(DOCUMENTS, tenant.id, amount, status, deleted)
    await superuser.execute(EXPORTS, tenant.id)
    await superuser.execute(EXPORT, tenant.id)
    await superuser.execute(DELETIONS, tenant.id, 5000, 1)
    await superuser.execute(DELETIONS, tenant.id, 2, -30)
    for statistics in "none", "fresh":
        if statistics == "fresh":
            await superuser.execute("ANALYZE")
        told = Scrape("".join(with_types(await stored(database))) + "# EOF\n")

        waiting = {one.labels["queue"]: one.value for one in told.samples("trellis_queue_waiting")}
        assert waiting == {"embeddings": 5, "documents": 3, "exports": 1, "word_counts": 0}
        assert told.value("trellis_queue_parked", queue="embeddings") == 2
        oldest = {one.labels["queue"]: one.value // 60 for one in told.samples("trellis_queue_oldest_seconds")}
        assert oldest == {"embeddings": 8, "documents": 2, "exports": 7}
        assert told.value("trellis_purge_due") == 2
        assert told.value("trellis_purge_overdue_seconds") // 60 == 30
        assert [one for one in reads if one.amount > FEW] == []


async def test_a_queue_is_counted_up_to_ten_thousand(site: tuple[Database, Any, Tenant]) -> None:
    database, superuser, tenant = site
    reads = count_reads(database)
    await superuser.execute(DOCUMENTS, tenant.id, 10_050, "PENDING", None)
    told = await stored(database)

    assert 'trellis_queue_waiting{queue="documents"} 10000\n' in told["trellis_queue_waiting"]
    assert max(one.amount for one in reads) == 10_000


async def test_a_database_that_is_away_is_told() -> None:
    settings = Settings(database_url="postgresql://trellis:nothing@127.0.0.1:1/trellis", pool_timeout=0.1)
    database = Database.open(settings, size=1)
    told = await stored(database)

    assert told.keys() == {"trellis_database_up", "trellis_database_seconds"}
    assert told["trellis_database_up"] == "trellis_database_up 0\n"


def with_types(texts: dict[str, str]) -> list[str]:
    return [f"# TYPE {name} gauge\n{lines}" for name, lines in texts.items()]
