"""The queue: nothing is lost, nothing is embedded twice, and nobody waits for anybody else's texts."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import asyncpg
import pytest

from app import time_limits
from app.embedders import openai
from app.embedders.embedder import EmbedderUnavailable
from app.indexing import backfill
from app.indexing.queue import MOST_ATTEMPTS, embedding
from app.indexing.registry import ModelRegistry
from app.indexing.search_texts import write_texts
from app.indexing.worker import BATCH, Worker
from app.purging.purge_job import purge_due
from app.tasks.searchable import TASKS
from tests.indexing.conftest import QUEUE, Site
from tests.locks import until_waiting

DELETED = """
WITH deleted AS (
    INSERT INTO deletions (organization_id, id, subject_type, subject_ids, deleted_at, purge_at, tasks)
    SELECT $1, gen_random_uuid(), 'Task', ARRAY[$2::uuid], now(), now(), 1 RETURNING id
)
UPDATE tasks SET deleted_at = now(), deletion_id = deleted.id FROM deleted WHERE tasks.id = $2
"""
PASS = "UPDATE embedding_jobs SET due_at = now()"  # as time does
PARK = "UPDATE embedding_jobs SET attempts = 5, parked_at = now() WHERE subject_id = ANY($1)"


async def test_a_text_is_embedded_once_however_often_it_is_queued(site: Site) -> None:
    tenant = await site.tenant(3)
    await site.work()
    await site.queue(tenant)
    await site.work()

    assert await site.state() == [(f"Task {number}", True, None, False) for number in (1, 2, 3)]
    assert site.server.asked == {f"Task {number}\n": 1 for number in (1, 2, 3)}


async def test_two_workers_embed_each_text_once(site: Site) -> None:
    await site.tenant(5 * BATCH)
    other_models = ModelRegistry(site.database, site.models.settings)
    other = Worker(site.database, other_models, site.worker.searchables)

    async def work_along() -> int:
        amount = 0
        while taken := await other.work():
            amount += taken
        return amount

    amount, _ = await asyncio.gather(work_along(), site.work())
    await other_models.close()

    assert 0 < amount < 5 * BATCH
    assert set(site.server.asked.values()) == {1}
    assert all(embedded for _, embedded, _, _ in await site.state())


async def test_what_is_written_while_it_is_embedded_is_embedded_anew(site: Site) -> None:
    tenant = await site.tenant(1)
    site.server.pause = 0.3
    working = asyncio.create_task(site.worker.work())
    while not site.server.asked:  # noqa: ASYNC110  # a socket sends no event
        await asyncio.sleep(0.01)
    await site.superuser.execute("UPDATE tasks SET title = 'Changed'")
    await site.queue(tenant)
    await working

    assert await site.state() == [("Changed", False, 0, False)]
    await site.work()
    assert await site.state() == [("Changed", True, None, False)]


async def test_what_a_killed_worker_took_is_taken_again_when_its_time_is_over(site: Site) -> None:
    await site.tenant(1)
    site.server.pause = 5
    working = asyncio.create_task(site.worker.work())
    while not site.server.asked:  # noqa: ASYNC110  # as above
        await asyncio.sleep(0.01)
    site.server.pause = 0

    assert await Worker(site.database, site.models, site.worker.searchables).work() == 0
    await site.superuser.execute(PASS)
    assert await Worker(site.database, site.models, site.worker.searchables).work() == 1
    assert await site.state() == [("Task 1", True, None, False)]
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def test_a_worker_that_is_stopped_gives_back_what_it_took(site: Site) -> None:
    await site.tenant(1)
    site.server.pause = 5
    working = asyncio.create_task(site.worker.work())
    while not site.server.asked:  # noqa: ASYNC110  # as above
        await asyncio.sleep(0.01)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    site.server.pause = 0

    await site.work()

    assert await site.state() == [("Task 1", True, None, False)]


async def test_a_worker_that_is_stopped_before_it_embeds_gives_back_what_it_took(site: Site) -> None:
    tenant = await site.tenant(1)
    counter = await asyncpg.connect(site.superuser_url)
    async with counter.transaction():  # it waits for whoever counts words
        await counter.execute(
            "INSERT INTO search_word_totals (organization_id, kind, texts) VALUES ($1, 'TASK', 0)", tenant.id
        )
        working = asyncio.create_task(site.worker.work())
        await until_waiting(site.superuser)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    await counter.close()

    assert await site.state() == [("Task 1", False, 0, False)]
    await site.work()
    assert await site.state() == [("Task 1", True, None, False)]


@pytest.mark.parametrize("status", [301, 400, 401, 429, 500])
async def test_a_model_that_is_down_parks_and_loses_nothing(
    site: Site, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it answers: it answers that to everything."""
    monkeypatch.setattr(openai, "FIRST_WAIT", 0.01)
    await site.tenant(2)
    site.server.status = status

    for _ in range(2 * MOST_ATTEMPTS):
        with suppress(EmbedderUnavailable):
            await site.worker.work()
        await site.superuser.execute(PASS)
    with pytest.raises(EmbedderUnavailable, match=f"openai:test answers {status}"):
        await site.worker.work()

    assert await site.state() == [("Task 1", False, 0, False), ("Task 2", False, 0, False)]
    site.server.status = 200
    await site.work()
    assert await site.state() == [("Task 1", True, None, False), ("Task 2", True, None, False)]


async def test_a_model_that_is_down_is_asked_for_one_text_and_not_for_all(site: Site) -> None:
    await site.tenant(20)
    site.server.status = 401

    for _ in range(3):
        with pytest.raises(EmbedderUnavailable):
            await site.worker.work()

    assert sum(site.server.asked.values()) == 20 + 3
    assert site.server.asked["a text"] == 3


async def park(site: Site) -> list[timedelta]:
    """Lets five attempts pass; answers how long each had to be waited for."""
    waits = []
    for _ in range(MOST_ATTEMPTS):
        await site.work()
        waits.append(await site.superuser.fetchval("SELECT due_at - now() FROM embedding_jobs WHERE parked_at IS NULL"))
        await site.superuser.execute(PASS)
    return [wait for wait in waits if wait is not None]


@pytest.mark.parametrize("fault", ["refused", "failing", "deadly"])
async def test_a_text_that_the_model_makes_nothing_of_is_parked_and_stops_no_other(
    site: Site, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may answer HTTP 400, or 500 as llama-server does above its batch size, or hang up."""
    monkeypatch.setattr(openai, "FIRST_WAIT", 0.01)
    await site.tenant(3)
    setattr(site.server, fault, {"Task 2"})
    waits = await park(site)
    asked = site.server.requests
    await site.work()

    assert await site.state() == [
        ("Task 1", True, None, False),
        ("Task 2", False, MOST_ATTEMPTS, True),
        ("Task 3", True, None, False),
    ]
    assert site.server.requests == asked
    assert len(waits) == MOST_ATTEMPTS - 2  # the first is with the others and the last one parks it
    assert all(later > 3 * sooner for sooner, later in pairwise(waits))
    error = await site.superuser.fetchval("SELECT error FROM embedding_jobs")
    assert error.startswith("openai:test ")


async def test_a_text_that_the_model_hangs_at_is_parked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_limits, "EMBEDDED_BATCH", 0.3)
    await site.tenant(3)
    site.server.endless = {"Task 2"}
    await park(site)

    assert [parked for _, _, _, parked in await site.state()] == [False, True, False]
    assert [embedded for _, embedded, _, _ in await site.state()] == [True, False, True]
    assert (
        await site.superuser.fetchval("SELECT error FROM embedding_jobs") == "openai:test takes longer than 0.3 seconds"
    )


async def test_a_text_that_takes_the_model_down_is_found(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes after it finds nobody, until the model has been started again."""
    monkeypatch.setattr(openai, "FIRST_WAIT", 0.01)
    await site.tenant(3)
    site.server.deadly = {"Task 2"}
    site.server.rising = 2  # requests that a start takes
    for _ in range(4 * MOST_ATTEMPTS):
        with suppress(EmbedderUnavailable):
            await site.work()
        await site.superuser.execute(PASS)

    assert await site.state() == [
        ("Task 1", True, None, False),
        ("Task 2", False, MOST_ATTEMPTS, True),
        ("Task 3", True, None, False),
    ]


async def test_a_provider_that_is_asked_too_much_is_asked_for_less(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """And blames no text, though it answers a short one."""
    monkeypatch.setattr(openai, "FIRST_WAIT", 0.01)
    await site.tenant(20)
    site.server.most = 3
    await site.work()

    assert {embedded for _, embedded, _, _ in await site.state()} == {True}
    assert site.server.asked["a text"] == 0


async def test_a_text_that_its_worker_died_of_is_taken_alone_and_parked_in_the_end(site: Site) -> None:
    tenant = await site.tenant(3)
    await site.superuser.execute("UPDATE embedding_jobs SET attempts = 5 WHERE subject_id = $1", tenant.tasks[1])
    await site.superuser.execute("UPDATE embedding_jobs SET attempts = 1 WHERE subject_id = $1", tenant.tasks[2])

    assert sorted([await site.worker.work() for _ in range(3)]) == [1, 1, 1]

    assert await site.state() == [
        ("Task 1", True, None, False),
        ("Task 2", False, MOST_ATTEMPTS + 1, True),
        ("Task 3", True, None, False),
    ]
    assert "process was killed" in await site.superuser.fetchval("SELECT error FROM embedding_jobs")


async def test_a_text_whose_vector_the_database_refuses_is_parked_and_stops_no_other(site: Site) -> None:
    refused = (await site.tenant(3)).tasks[1]
    await site.superuser.execute(f"ALTER TABLE embeddings ADD CHECK (subject_id <> '{refused}')")
    await park(site)

    assert await site.state() == [
        ("Task 1", True, None, False),
        ("Task 2", False, MOST_ATTEMPTS, True),
        ("Task 3", True, None, False),
    ]
    assert "CheckViolationError" in await site.superuser.fetchval("SELECT error FROM embedding_jobs")


async def test_one_bad_text_keeps_no_other_organization_from_its_turn(site: Site) -> None:
    bad, other = await site.tenant(1), await site.tenant(1)
    await site.superuser.execute("UPDATE tasks SET title = 'Bad' WHERE organization_id = $1", bad.id)
    site.server.failing = {"Bad"}

    assert [await site.worker.work() for _ in range(2)] == [1, 1]
    assert await site.superuser.fetchval("SELECT array_agg(subject_id) FROM embeddings") == other.tasks


async def test_an_organization_where_all_is_parked_keeps_no_other_from_its_turn(site: Site) -> None:
    parked, other = [await site.tenant(1) for _ in range(2)]
    await site.superuser.execute(PARK, parked.tasks)

    assert [await site.worker.work() for _ in range(2)] == [1, 0]
    assert await site.superuser.fetchval("SELECT array_agg(subject_id) FROM embeddings") == other.tasks


async def test_what_is_parked_is_left_alone_beside_what_is_due(site: Site) -> None:
    parked, due = (await site.tenant(2)).tasks
    await site.superuser.execute(PARK, [parked])

    assert await site.worker.work() == 1
    assert await site.superuser.fetchval("SELECT array_agg(subject_id) FROM embeddings") == [due]


async def test_organizations_take_turns(site: Site) -> None:
    await site.tenant(3 * BATCH)
    small = await site.tenant(1)

    await site.worker.work()
    await site.worker.work()

    done = "SELECT count(*) FROM embeddings WHERE organization_id = $1"
    assert await site.superuser.fetchval(done, small.id) == 1


async def test_what_was_written_last_is_embedded_first(site: Site) -> None:
    tenant = await site.tenant(BATCH + 1)
    newest = tenant.tasks[0]
    await site.superuser.execute(
        "UPDATE embedding_jobs SET due_at = now() - CASE subject_id WHEN $1 THEN '1 s' ELSE '2 s' END::interval", newest
    )

    await site.worker.work()

    assert await site.superuser.fetchval("SELECT count(*) FROM embeddings") == BATCH
    assert await site.superuser.fetchval("SELECT count(*) FROM embeddings WHERE subject_id = $1", newest) == 1


async def test_what_is_purged_leaves_nothing_behind(site: Site) -> None:
    tenant = await site.tenant(2)
    await site.work()
    await site.queue(tenant)

    await site.superuser.execute(DELETED, tenant.id, tenant.tasks[0])
    await purge_due(site.database)

    for table in ("search_texts", "embeddings", "embedding_jobs"):
        assert await site.superuser.fetch(f"SELECT subject_id FROM {table}") == [(tenant.tasks[1],)]


async def test_who_writes_a_text_does_not_wait_for_its_vector(site: Site) -> None:
    tenant = await site.tenant(2)
    await site.work()
    await site.superuser.execute("UPDATE tasks SET title = 'Once ' || number")
    await site.queue(tenant)
    holder = await asyncpg.connect(site.superuser_url)
    async with holder.transaction():
        await holder.execute("SELECT FROM embeddings FOR UPDATE")  # as if an index took its time
        working = asyncio.create_task(site.worker.work())
        await until_waiting(site.superuser)

        await site.superuser.execute("SET lock_timeout = '1s'")
        await site.superuser.execute("UPDATE tasks SET title = 'Twice' WHERE id = $1", tenant.tasks[0])
        await site.superuser.execute(QUEUE, tenant.id)
        await site.superuser.execute(
            "UPDATE embedding_jobs SET due_at = now(), attempts = 0 WHERE subject_id = $1", tenant.tasks[0]
        )
    await holder.close()
    await working

    assert await site.state() == [("Twice", False, 0, False), ("Once 2", True, None, False)]
    await site.work()
    assert await site.state() == [("Twice", True, None, False), ("Once 2", True, None, False)]
    assert site.server.asked == {f"{title}\n": 1 for title in ("Task 1", "Task 2", "Once 1", "Once 2", "Twice")}


async def test_all_that_a_model_lacks_is_queued_in_small_parts(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "QUEUED", 2)
    first, second = await site.tenant(5), await site.tenant(3)
    await site.work()
    await site.superuser.execute("UPDATE search_texts SET content_hash = '' WHERE subject_id = $1", first.tasks[3])
    await site.superuser.execute("DELETE FROM embeddings WHERE organization_id = $1", second.id)

    assert await backfill.queue_missing(site.database, 1) == 4
    assert await backfill.queue_missing(site.database, 1) == 0
    queued = await site.superuser.fetch("SELECT subject_id FROM embedding_jobs ORDER BY subject_id")
    assert [row["subject_id"] for row in queued] == sorted([first.tasks[3], *second.tasks])


async def test_a_text_has_waited_since_it_was_first_queued(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai, "FIRST_WAIT", 0.01)
    tenant = await site.tenant(2)
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    await site.superuser.execute("UPDATE embedding_jobs SET waiting_since = $1", long_ago)
    await site.superuser.execute(PARK, tenant.tasks[:1])
    await site.superuser.execute("UPDATE tasks SET title = 'Changed'")
    async with embedding(site.database, tenant.id) as fetch:
        await write_texts(fetch, TASKS, tenant.id, tenant.tasks)
    site.server.status = 500
    for _ in range(2):
        with suppress(EmbedderUnavailable):
            await site.work()

    rows = await site.superuser.fetch("SELECT subject_id, waiting_since FROM embedding_jobs")
    since = {row["subject_id"]: row["waiting_since"] for row in rows}
    assert since[tenant.tasks[1]] == long_ago  # though it was written and given back since
    assert since[tenant.tasks[0]] > long_ago  # it was given up, and did not wait
