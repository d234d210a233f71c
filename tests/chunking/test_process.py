"""Processing documents: from PENDING to COMPLETED or FAILED, whatever they say and whoever is killed meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from pydantic import SecretStr

from app.chunking import process
from app.chunking.process import KILLED, REFUSED, Processor
from app.chunking.queue import QUEUE
from app.chunking.split import CutFailed
from app.config import Settings
from app.db.columns import new_id
from app.db.engine import Database
from app.main import calm_collector
from app.queues import lease_queue, taker
from tests.api import SECRET
from tests.explain import explain
from tests.factories import Tenant, make_tenant
from tests.locks import until_waiting
from tests.log import events_of

MAKE = """
INSERT INTO documents (organization_id, id, title, kind, size, text_hash, due_at, created_at, updated_at)
VALUES ($1, $2, 'Guide', 'MARKDOWN', octet_length($3::text), encode(sha256(convert_to($3, 'UTF8')), 'hex'), now(),
        now(), now())
"""
CHANGE = "UPDATE document_texts SET text = $2 WHERE document_id = $1"
DUE = "UPDATE documents SET status = 'PENDING', due_at = now() WHERE id = $1"
STATE = "SELECT status, attempts, processing_error, chunk_count, due_at IS NULL AS done FROM documents WHERE id = $1"
CHUNKS = "SELECT id, index, section, page, text FROM document_chunks WHERE document_id = $1 ORDER BY index"
WRITTEN_BY = "SELECT id, xmin::text FROM document_chunks WHERE document_id = $1 ORDER BY index"
TEXTS = """
SELECT search_texts.subject_id, embedding_jobs.due_at FROM search_texts
LEFT JOIN embedding_jobs USING (organization_id, kind, subject_id)
WHERE search_texts.organization_id = $1 AND kind = 'CHUNK'
"""
END_WHO_WAITS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
SENTENCE = "This is a sentence about {}, and with seven others it is long enough to be a chunk by itself. "


def paragraph(subject: str) -> str:
    return (SENTENCE.format(subject) * 8).strip()


def paragraphs(*subjects: str) -> str:
    return "".join(f"## {one}\n\n{paragraph(one)}\n\n" for one in subjects)


# The queue is one of all organizations, so each test has a database of its own, with no server at work on it.


@pytest.fixture
async def made(new_database: Callable[[], Awaitable[Any]]) -> Any:
    return await new_database()


@pytest.fixture
async def superuser(made: Any) -> AsyncIterator["asyncpg.Connection[Any]"]:
    connection = await asyncpg.connect(made.superuser_url)
    yield connection
    await connection.close()


@pytest.fixture
async def database(made: Any) -> AsyncIterator[Database]:
    opened = Database.open(Settings(database_url=made.runtime_url, jwt_secret=SecretStr(SECRET)))
    yield opened
    await opened.close()


@pytest.fixture
def processor(database: Database) -> Processor:
    return Processor(database, lambda: None)


async def make_document(superuser: "asyncpg.Connection[Any]", tenant: Tenant, text: str) -> UUID:
    document_id = new_id()
    await superuser.execute(MAKE, tenant.id, document_id, text)
    await superuser.execute(
        "INSERT INTO document_texts (organization_id, document_id, text) VALUES ($1, $2, $3)",
        tenant.id,
        document_id,
        text,
    )
    return document_id


async def state(superuser: "asyncpg.Connection[Any]", document_id: UUID) -> tuple[Any, ...]:
    return tuple(await superuser.fetchrow(STATE, document_id) or ())


async def test_a_document_becomes_chunks_that_wait_to_be_embedded(
    superuser: "asyncpg.Connection[Any]", processor: Processor
) -> None:
    tenant = await make_tenant(superuser)
    document_id = await make_document(superuser, tenant, paragraphs("Cats", "Dogs"))

    worked = [await processor.work(), await processor.work()]

    assert worked == [True, False]
    assert await state(superuser, document_id) == ("COMPLETED", 1, None, 2, True)
    chunks = await superuser.fetch(CHUNKS, document_id)
    assert [(row["index"], row["section"], row["page"], row["text"]) for row in chunks] == [
        (0, "Cats", 1, paragraph("Cats")),
        (1, "Dogs", 1, paragraph("Dogs")),
    ]
    assert {row["subject_id"] for row in await superuser.fetch(TEXTS, tenant.id)} == {row["id"] for row in chunks}
    weighed = "SELECT content @@ to_tsquery('guide:A & cat:A & sentenc:B') FROM search_texts WHERE subject_id = $1"
    assert await superuser.fetchval(weighed, chunks[0]["id"])
    (event,) = await events_of(superuser, tenant)
    assert (event["type"], event["subject_id"], event["actor_id"]) == ("UPDATED", document_id, None)
    assert event["changes"] == {"status": ["PENDING", "COMPLETED"], "chunk_count": [0, 2]}


async def test_chunks_whose_text_stays_keep_their_ids_and_embeddings(
    superuser: "asyncpg.Connection[Any]", processor: Processor
) -> None:
    tenant = await make_tenant(superuser)
    document_id = await make_document(superuser, tenant, paragraphs("Cats", "Dogs", "Birds"))
    await processor.work()
    before = {row["section"]: row["id"] for row in await superuser.fetch(CHUNKS, document_id)}
    await superuser.execute("DELETE FROM embedding_jobs")  # as if all had been embedded

    await superuser.execute(CHANGE, document_id, paragraphs("Snakes", "Birds", "Cats"))
    await superuser.execute(DUE, document_id)
    await processor.work()

    after = {row["section"]: row["id"] for row in await superuser.fetch(CHUNKS, document_id)}
    assert list(after) == ["Snakes", "Birds", "Cats"]
    assert (after["Birds"], after["Cats"]) == (before["Birds"], before["Cats"])
    rows = await superuser.fetch(TEXTS, tenant.id)
    assert {row["subject_id"] for row in rows} == set(after.values())
    assert [row["subject_id"] for row in rows if row["due_at"]] == [after["Snakes"]]


async def test_another_title_is_read_with_every_chunk(
    superuser: "asyncpg.Connection[Any]", processor: Processor
) -> None:
    tenant = await make_tenant(superuser)
    document_id = await make_document(superuser, tenant, paragraphs("Cats", "Dogs"))
    await processor.work()
    before = [tuple(row) for row in await superuser.fetch(CHUNKS, document_id)]
    written_by = await superuser.fetch(WRITTEN_BY, document_id)

    await superuser.execute("UPDATE documents SET title = 'Zoology' WHERE id = $1", document_id)
    await superuser.execute(DUE, document_id)
    await processor.work()

    assert [tuple(row) for row in await superuser.fetch(CHUNKS, document_id)] == before
    assert await superuser.fetch(WRITTEN_BY, document_id) == written_by
    found = "SELECT count(*) FROM search_texts WHERE content @@ to_tsquery('english', 'zoology:A')"
    assert await superuser.fetchval(found) == 2


async def test_a_document_without_words_is_completed_without_chunks(
    superuser: "asyncpg.Connection[Any]", processor: Processor
) -> None:
    tenant = await make_tenant(superuser)
    document_id = await make_document(superuser, tenant, paragraphs("Cats"))
    await processor.work()
    await superuser.execute(CHANGE, document_id, "\f\n")
    await superuser.execute(DUE, document_id)

    await processor.work()

    assert await state(superuser, document_id) == ("COMPLETED", 2, None, 0, True)
    assert await superuser.fetch(CHUNKS, document_id) == []
    assert await superuser.fetch(TEXTS, tenant.id) == []


async def test_organizations_take_turns(superuser: "asyncpg.Connection[Any]", processor: Processor) -> None:
    many, few = await make_tenant(superuser), await make_tenant(superuser)
    for _ in range(4):
        await make_document(superuser, many, "A")
    document_id = await make_document(superuser, few, "A")

    await processor.work()
    await processor.work()

    assert (await state(superuser, document_id))[0] == "COMPLETED"


async def test_what_has_been_due_for_longest_is_cut_first(
    superuser: "asyncpg.Connection[Any]", processor: Processor
) -> None:
    tenant = await make_tenant(superuser)
    documents = [await make_document(superuser, tenant, "A") for _ in range(3)]
    for document_id, minutes in zip(documents, (1, 3, 2), strict=True):
        await superuser.execute(
            "UPDATE documents SET due_at = now() - $2 * interval '1 minute' WHERE id = $1", document_id, minutes
        )

    await processor.work()

    assert [(await state(superuser, one))[0] for one in documents] == ["PENDING", "COMPLETED", "PENDING"]


async def test_two_processors_share_the_work(superuser: "asyncpg.Connection[Any]", database: Database) -> None:
    tenant = await make_tenant(superuser)
    documents = [await make_document(superuser, tenant, paragraphs("Cats")) for _ in range(6)]

    async def work_all() -> int:
        processor, worked = Processor(database, lambda: None), 0
        while await processor.work():
            worked += 1
        return worked

    await asyncio.gather(work_all(), work_all())

    assert [await state(superuser, one) for one in documents] == [("COMPLETED", 1, None, 1, True)] * 6


async def test_what_is_deleted_is_left_until_it_is_restored(
    superuser: "asyncpg.Connection[Any]", processor: Processor
) -> None:
    tenant = await make_tenant(superuser)
    document_id = await make_document(superuser, tenant, "A")
    await superuser.execute("UPDATE documents SET deleted_at = now() WHERE id = $1", document_id)

    deleted = await processor.work()
    await superuser.execute("UPDATE documents SET deleted_at = NULL WHERE id = $1", document_id)
    restored = await processor.work()

    assert (deleted, restored) == (False, True)
    assert (await state(superuser, document_id))[0] == "COMPLETED"


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE documents SET status = 'PENDING', attempts = 0, due_at = now() WHERE id = $1",
        "UPDATE documents SET deleted_at = now() WHERE id = $1",
    ],
    ids=["changed", "deleted"],
)
async def test_the_chunks_of_what_has_changed_meanwhile_are_dropped(
    superuser: "asyncpg.Connection[Any]", processor: Processor, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    tenant = await make_tenant(superuser)
    document_id = await make_document(superuser, tenant, "A")
    finish = processor._finish

    async def finish_late(*given: Any) -> None:
        await superuser.execute(meanwhile, document_id)
        await finish(*given)

    monkeypatch.setattr(processor, "_finish", finish_late)

    assert await processor.work()
    assert await state(superuser, document_id) == ("PENDING", 0, None, 0, False)
    assert await superuser.fetch(CHUNKS, document_id) == []
    assert await events_of(superuser, tenant) == []


@pytest.mark.parametrize("end", ["cut", "failed"])
async def test_what_is_deleted_while_it_is_cut_is_due_once_it_is_restored(
    superuser: "asyncpg.Connection[Any]", processor: Processor, end: str
) -> None:
    tenant = await make_tenant(superuser)
    document_id = await make_document(superuser, tenant, "A")
    (taken,) = await processor._taker.take()
    await superuser.execute("UPDATE documents SET deleted_at = now() WHERE id = $1", document_id)

    await (processor._finish(taken, []) if end == "cut" else processor._fail(taken, "No."))
    await superuser.execute("UPDATE documents SET deleted_at = NULL WHERE id = $1", document_id)

    assert await processor.work()
    assert await state(superuser, document_id) == ("COMPLETED", 1, None, 1, True)


async def test_a_text_that_cannot_be_cut_fails_after_five_attempts(
    superuser: "asyncpg.Connection[Any]", processor: Processor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No text is known of which the splitter despairs, so one is made up."""
    tenant = await make_tenant(superuser)
    document_id = await make_document(superuser, tenant, "A")

    def despair(*_given: Any) -> None:
        raise CutFailed("The splitter gave up at character 0")

    monkeypatch.setattr(process, "cut", despair)
    waits = []
    for _ in range(5):
        await processor.work()
        due_in = await superuser.fetchval("SELECT due_at - now() FROM documents WHERE id = $1", document_id)
        waits.append(due_in and round(due_in / timedelta(seconds=1)))
        if due_in:
            assert not await processor.work()
            await superuser.execute(DUE, document_id)

    error = "The splitter gave up at character 0"
    assert waits == [2, 4, 8, 16, None]
    assert await state(superuser, document_id) == ("FAILED", 5, error, 0, True)
    (event,) = await events_of(superuser, tenant)
    assert event["changes"] == {"status": ["PENDING", "FAILED"]}


async def test_people_are_told_nothing_that_postgresql_says(
    superuser: "asyncpg.Connection[Any]", processor: Processor
) -> None:
    tenant = await make_tenant(superuser)
    document_id = await make_document(superuser, tenant, "A secret")
    await superuser.execute("ALTER TABLE document_chunks ADD CHECK (text NOT LIKE '%secret%')")

    assert await processor.work()

    assert await state(superuser, document_id) == ("PENDING", 1, REFUSED, 0, False)
    assert await superuser.fetch(CHUNKS, document_id) == []


async def test_a_document_whose_processor_was_killed_is_taken_up_by_another(
    superuser: "asyncpg.Connection[Any]", processor: Processor
) -> None:
    tenant = await make_tenant(superuser)
    document_id = await make_document(superuser, tenant, "A")
    assert len(await processor._taker.take()) == 1  # and then nothing more is heard of it

    assert not await processor.work()
    assert (await state(superuser, document_id))[0] == "PROCESSING"
    await superuser.execute("UPDATE documents SET due_at = now() WHERE id = $1", document_id)  # three minutes later
    assert await processor.work()
    assert await state(superuser, document_id) == ("COMPLETED", 2, None, 1, True)


async def test_a_document_that_kills_who_cuts_it_fails(
    superuser: "asyncpg.Connection[Any]", processor: Processor
) -> None:
    tenant = await make_tenant(superuser)
    document_id = await make_document(superuser, tenant, "A")
    for _ in range(5):
        await processor._taker.take()
        await superuser.execute("UPDATE documents SET due_at = now() WHERE id = $1", document_id)

    assert await processor.work()

    assert await state(superuser, document_id) == ("FAILED", 6, KILLED, 0, True)


async def test_a_processor_that_is_stopped_gives_its_document_back(
    superuser: "asyncpg.Connection[Any]", processor: Processor
) -> None:
    tenant = await make_tenant(superuser)
    document_id = await make_document(superuser, tenant, "1234567890" * 20_000)
    working = asyncio.create_task(processor.work())
    async with asyncio.timeout(5):
        while (await state(superuser, document_id))[0] != "PROCESSING":  # noqa: ASYNC110  # PostgreSQL tells nobody
            await asyncio.sleep(0.001)

    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working

    assert await state(superuser, document_id) == ("PENDING", 0, None, 0, False)


@asynccontextmanager
async def its_log_held(made: Any, tenant: Tenant) -> AsyncIterator[None]:
    """Somebody else is writing in the organization for the time of the block."""
    writer = await asyncpg.connect(made.superuser_url)
    async with writer.transaction():
        await writer.execute("INSERT INTO event_counters VALUES ($1, 0)", tenant.id)
        yield
    await writer.close()


async def test_a_document_whose_organization_is_busy_is_tried_again(
    made: Any, superuser: "asyncpg.Connection[Any]", processor: Processor
) -> None:
    tenant = await make_tenant(superuser)
    document_id = await make_document(superuser, tenant, "A")

    async with its_log_held(made, tenant):
        assert await processor.work()
        busy = await state(superuser, document_id)
        due_in = await superuser.fetchval("SELECT due_at - now() FROM documents WHERE id = $1", document_id)
    await superuser.execute(DUE, document_id)
    assert await processor.work()

    assert (busy, round(due_in / timedelta(seconds=1))) == (("PENDING", 0, None, 0, False), 2)
    assert await state(superuser, document_id) == ("COMPLETED", 1, None, 1, True)


async def test_a_document_whose_connection_is_lost_is_due_at_once(
    made: Any, superuser: "asyncpg.Connection[Any]", processor: Processor
) -> None:
    tenant = await make_tenant(superuser)
    document_id = await make_document(superuser, tenant, "A")

    async with its_log_held(made, tenant):
        working = asyncio.create_task(processor.work())
        await until_waiting(superuser)
        assert await superuser.fetchval(END_WHO_WAITS) == 1
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await working

    assert await state(superuser, document_id) == ("PENDING", 0, None, 0, False)
    assert await processor.work()
    assert await state(superuser, document_id) == ("COMPLETED", 1, None, 1, True)


async def longest_hold(working: "asyncio.Task[int]") -> float:
    """For how many seconds at most nothing else could run while that did."""
    loop, longest = asyncio.get_running_loop(), 0.0
    while not working.done():
        before = loop.time()
        await asyncio.sleep(0.002)
        longest = max(longest, loop.time() - before)
    return longest


async def test_cutting_leaves_the_event_loop_to_others(
    superuser: "asyncpg.Connection[Any]", processor: Processor
) -> None:
    """Of a costly text; how long it lasts depends on its length, how long it holds the loop does not."""
    calm_collector()  # as the server does
    tenant = await make_tenant(superuser)
    holds = []
    for _ in range(3):  # the machine may have been busy
        document_id = await make_document(superuser, tenant, "1234567890" * 6_000)
        holds.append(await longest_hold(asyncio.create_task(processor.work())))
        assert (await state(superuser, document_id))[0] == "COMPLETED"

    assert min(holds) < 0.1


async def test_a_processor_is_shown_nothing_but_what_is_due(made: Any, superuser: "asyncpg.Connection[Any]") -> None:
    due, done = await make_tenant(superuser, documents=1), await make_tenant(superuser, documents=1)
    document_id = await make_document(superuser, due, "A")
    runtime = await asyncpg.connect(made.runtime_url)

    async with runtime.transaction():
        nobody = await runtime.fetch("SELECT id FROM documents")
        await runtime.fetchval("SELECT trellis_process(NULL)")
        shown = [row["id"] for row in await runtime.fetch("SELECT id FROM documents")]
        texts = await runtime.fetchval("SELECT count(*) FROM document_texts")
        await runtime.fetchval("SELECT trellis_process($1)", done.id)
        theirs = await runtime.fetchval("SELECT count(*) FROM document_texts")
        await runtime.fetchval("SELECT trellis_process($1)", due.id)
        own = await runtime.fetchval("SELECT count(*) FROM document_texts")
    await runtime.close()

    assert (nobody, shown, texts, theirs, own) == ([], [document_id], 0, 0, 2)


async def test_the_queue_is_read_off_its_index(made: Any, superuser: "asyncpg.Connection[Any]") -> None:
    tenants = [await make_tenant(superuser) for _ in range(3)]
    for tenant in tenants:
        await superuser.execute(
            """INSERT INTO documents (organization_id, id, title, kind, size, text_hash, status, created_at, updated_at)
               SELECT $1, gen_random_uuid(), 'A', 'TEXT', 0, repeat('0', 64), 'COMPLETED', now(), now()
               FROM generate_series(1, 2000)""",
            tenant.id,
        )
    await make_document(superuser, tenants[1], "A")
    await superuser.execute("VACUUM ANALYZE documents")
    runtime: Any = await asyncpg.connect(made.runtime_url, server_settings={"plan_cache_mode": "force_generic_plan"})

    async with runtime.transaction():
        await runtime.fetchval("SELECT trellis_process(NULL)")
        looking = taker._turn(QUEUE)
        look = await explain(runtime, looking.text, looking.arguments({"after": tenants[0].id}))
        await runtime.fetchval("SELECT trellis_process($1)", tenants[1].id)
        taking = lease_queue.taking(QUEUE)
        values = {"organization_id": tenants[1].id, "most": 1, "lease": timedelta(minutes=3)}
        take = await explain(runtime, taking.text, taking.arguments(values))
    await runtime.close()

    assert (look.scanned, take.scanned) == ((), ())
    assert (look.read, take.read) == (1, 2)  # the second finds it and then writes it
