"""Models that answer otherwise: the worker of a server, `trellis embed` and `trellis doctor` say why in a line, and
nothing is written; what they take is embedded."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli import commands
from app.embedders import openai
from app.embedders.embedder import EmbedderUnavailable
from app.indexing import switch
from app.indexing.registry import ModelRegistry
from app.indexing.worker import Worker
from app.main import SEARCHABLES
from app.queues.work_loop import work_off
from app.refusal import Refusal
from tests.embedders.embedder_server import EmbedderServer
from tests.embedders.test_openai import HTML, TOO_MANY
from tests.indexing.conftest import Site

Command = Callable[..., Awaitable[tuple[int, str]]]  # how it ended, and what it said
Fault = Callable[[EmbedderServer], None]
SHAPE = "openai:test does not answer as OpenAI does: "
WRITTEN = """
SELECT (SELECT count(*) FROM embeddings), (SELECT count(*) FROM embedding_models),
       (SELECT max(attempts) FROM embedding_jobs), (SELECT count(*) FROM embedding_jobs)
"""


def with_every(number: str) -> Fault:
    """Vectors that have this among their numbers."""

    def answer(server: EmbedderServer) -> None:
        server.alter = lambda rows: [{**row, "embedding": [number] * 256} for row in rows]
        server.write = lambda answer: json.dumps(answer).replace(f'"{number}"', number).encode()

    return answer


def altering(alter: Callable[[list[Any]], list[Any]]) -> Fault:
    return lambda server: setattr(server, "alter", alter)


def answering(status: int, content: bytes) -> Fault:
    def answer(server: EmbedderServer) -> None:
        server.status, server.content = status, content

    return answer


# What a model does to whatever it is asked, and how that is said.
FAULTS: list[tuple[Fault, str]] = [
    (altering(lambda rows: [{**row, "embedding": []} for row in rows]), f"{SHAPE}its vectors are empty"),
    (with_every("NaN"), f"{SHAPE}it is no JSON"),
    (with_every("null"), f"{SHAPE}its vectors have numbers that are none"),
    (with_every("0.0"), "The model finds no word in this text"),
    (altering(lambda rows: rows[:-1]), f"{SHAPE}it has 0 vectors for 1 texts"),
    (answering(200, HTML), f"{SHAPE}it is no JSON: 413 Request Entity Too Large nginx"),
    (answering(413, HTML), "openai:test answers 413: 413 Request Entity Too Large nginx"),
    (answering(401, b"{}"), "openai:test answers 401: check TRELLIS_EMBEDDER_URL and TRELLIS_EMBEDDER_KEY"),
]


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(switch, "SETTLING", 0.1)


@pytest.fixture
def command(site: Site, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs one within this process, and on a thread: the model answers meanwhile."""
    variables = {
        "DATABASE_URL": site.models.settings.database_url,
        "DATABASE_OWNER_URL": site.superuser_url.replace("postgres@", "trellis_owner@"),
        "EMBEDDER_URL": site.server.url,
        "EMBEDDER": "openai:test",
    }
    for name, value in variables.items():
        monkeypatch.setenv(f"TRELLIS_{name}", str(value))

    async def run(name: str, *arguments: str) -> tuple[int, str]:
        done = await asyncio.to_thread(CliRunner().invoke, commands(name), [name, *arguments])
        if isinstance(done.exception, Refusal):  # which the program shows as a line
            return done.exit_code, str(done.exception)
        return done.exit_code, done.output

    return run


async def told_everywhere(worker: Worker, command: Command, said: str) -> list[str]:
    """Holds the worker, `embed` of two models and `doctor` to what they should say of it; answers their lines."""
    with pytest.raises(EmbedderUnavailable) as unavailable:
        await worker.work()
    another, active = await command("embed", "--model", "openai:new"), await command("embed")
    _, shown = await command("doctor")

    assert str(unavailable.value).startswith(said)
    new = said.replace("openai:test", "openai:new")
    new = new if "openai" in new else f"openai:new makes nothing of plain English: {new}"
    assert (another[0], another[1][: len(new)]) == (1, new)
    assert (active[0], active[1][: len(said)]) == (1, said)
    (wrong,) = [line for line in shown.splitlines() if line.startswith("WRONG The model")]
    assert wrong.startswith(f"WRONG The model openai:test is active and does not work here: {said}")
    return [str(unavailable.value), another[1], active[1], wrong]


async def test_what_a_model_does_to_every_text_is_one_line_everywhere(site: Site, command: Command) -> None:
    await site.tenant(3)
    well = dict(vars(site.server))
    before = await site.superuser.fetchrow(WRITTEN)
    for misbehave, said in FAULTS:
        vars(site.server).clear()
        vars(site.server).update(well)
        misbehave(site.server)

        lines = await told_everywhere(site.worker, command, said)

        assert [line for line in lines if len(line) >= 400 or len(line.splitlines()) > 1] == []
        assert await site.superuser.fetchrow(WRITTEN) == before, said


async def test_a_byte_now_and_then_is_no_answer_anywhere(
    site: Site, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.tenant(3)
    before = await site.superuser.fetchrow(WRITTEN)
    site.server.drip = 0.1
    monkeypatch.setenv("TRELLIS_EMBEDDER_TIMEOUT", "0.2")
    models = ModelRegistry(site.database, site.models.settings.model_copy(update={"embedder_timeout": 0.2}))
    worker = Worker(site.database, models, SEARCHABLES)

    await told_everywhere(worker, command, "openai:test does not answer within 0.2 seconds")

    assert await site.superuser.fetchrow(WRITTEN) == before
    await models.close()


async def test_another_dimension_is_another_model_everywhere(site: Site, command: Command) -> None:
    await site.tenant(3)
    before = await site.superuser.fetchrow(WRITTEN)
    site.server.dimension = 384

    said = "openai:test answers vectors of the shape ({}, 384), and not ({}, 256): it is not the model that the texts"
    with pytest.raises(EmbedderUnavailable) as unavailable:
        await site.worker.work()
    (_, active), (_, doctor) = await command("embed"), await command("doctor")

    assert str(unavailable.value).startswith(said.format(1, 1))
    assert active.startswith(said.format(1, 1))
    assert f"WRONG The model openai:test is active and does not work here: {said.format(1, 1)}" in doctor
    assert await site.superuser.fetchrow(WRITTEN) == before


@pytest.mark.parametrize("too_many", [TOO_MANY[0], None], ids=["refused", "left out"])
async def test_a_model_that_takes_few_texts_at_once_is_asked_for_few(
    site: Site, command: Command, too_many: tuple[int, bytes] | None
) -> None:
    await site.tenant(70)
    site.server.most, site.server.too_many = 10, too_many

    await site.work()

    assert site.server.batches == [32, 16, 8, 8, 8, 8, 8, 8, 8, 8, 6]
    assert await site.superuser.fetchval("SELECT count(*) FROM embeddings") == 70
    assert await site.superuser.fetchval("SELECT count(*) FROM embedding_jobs") == 0
    assert await command("embed", "--model", "openai:new") == (0, "openai:new has every text.\n")
    assert await site.superuser.fetchval("SELECT count(*) FROM embeddings") == 140


async def test_one_text_that_is_too_large_alone_is_parked_with_the_reason(site: Site, command: Command) -> None:
    tenant = await site.tenant(40)
    await site.superuser.execute("UPDATE tasks SET title = repeat('x', 200) WHERE id = $1", tenant.tasks[6])
    await site.queue(tenant)
    site.server.most_letters = 190

    (code, embedded), (_, doctor) = await command("embed"), await command("doctor")

    assert code == 1
    assert embedded.startswith(
        "openai:test has every text but 1. The last of those failed with: openai:test answers 413: "
    )
    assert await site.superuser.fetchval("SELECT count(*) FROM embeddings") == 39
    assert f"WRONG   task {tenant.tasks[6]} of organization {tenant.id}: openai:test answers 413: " in doctor


async def test_the_log_has_the_reason_in_a_line_and_not_what_was_answered(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    await site.tenant(1)
    site.server.content = b'{"error": "Task 1 is a secret"}'
    caplog.set_level(logging.WARNING, logger="trellis")

    working = asyncio.create_task(work_off("embedding", site.worker.work, asyncio.Event()))
    async with asyncio.timeout(30):
        while not caplog.records:  # noqa: ASYNC110  # the log sends no event
            await asyncio.sleep(0.01)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)

    said = f"embedding failed and will be tried again: {SHAPE}it has no `data`"
    assert [(record.getMessage(), bool(record.exc_info)) for record in caplog.records] == [(said, False)]
