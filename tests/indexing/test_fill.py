"""Filling a model comes to an end: with every text, or with what is left and why."""

import asyncio
from typing import Any

import pytest

from app.commands.embed import EmbeddingIncomplete, EmbeddingStopped, fill_and_switch
from app.embedders import openai
from app.embedders.embedder import EmbedderUnavailable
from app.indexing import switch
from tests.indexing.conftest import Site

LEFT = "SELECT count(*) FROM embedding_jobs WHERE parked_at IS NULL"
EMBEDDED = "SELECT name, count(*) FROM embeddings JOIN embedding_models ON id = model_id GROUP BY name"


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(switch, "SETTLING", 0.1)
    monkeypatch.setattr(switch, "LINGERING", 0.1)


async def fill(site: Site, name: str | None = None, *, switch: bool = False) -> tuple[str, list[tuple[int, int]]]:
    """What the command says, and what its bar showed."""
    shown: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        shown.append((done, total))

    owner_url = site.superuser_url.replace("postgres@", "trellis_owner@")
    async with asyncio.timeout(30):
        said = await fill_and_switch(site.models.settings, owner_url, name, switch=switch, progress=progress)
    return said, shown


async def embedded(site: Site) -> dict[str, int]:
    return {row["name"]: row["count"] for row in await site.superuser.fetch(EMBEDDED)}


async def test_what_was_imported_is_embedded_without_a_server(site: Site) -> None:
    """Its jobs are as new as what people write, and nobody else takes them."""
    await site.tenant(70)

    said, shown = await fill(site)

    assert said == "openai:test has every text."
    assert shown == [(0, 70), (32, 70), (64, 70)]
    assert await embedded(site) == {"openai:test": 70}
    assert await site.superuser.fetchval(LEFT) == 0
    assert await site.superuser.fetchval("SELECT texts FROM search_word_totals") == 70


@pytest.mark.parametrize("fault", ["refused", "failing"])
async def test_what_the_model_makes_nothing_of_is_left_and_said(site: Site, fault: str) -> None:
    await site.tenant(5)
    setattr(site.server, fault, {"Task 3"})

    with pytest.raises(EmbeddingIncomplete) as refusal:
        await fill(site)

    assert str(refusal.value).startswith(
        "openai:test has every text but 1. The last of those failed with: openai:test answers "
    )
    assert await embedded(site) == {"openai:test": 4}
    setattr(site.server, fault, set())
    assert (await fill(site))[0] == "openai:test has every text."
    assert await embedded(site) == {"openai:test": 5}


async def test_what_servers_have_put_off_or_taken_is_waited_for(site: Site) -> None:
    put_off, taken = (await site.tenant(2)).tasks
    later = "UPDATE embedding_jobs SET attempts = $2, due_at = now() + '1 s', error = $3 WHERE subject_id = $1"
    await site.superuser.execute(later, put_off, 2, "answers 500")
    await site.superuser.execute(later, taken, 1, None)  # its server was killed

    assert (await fill(site))[0] == "openai:test has every text."
    assert await embedded(site) == {"openai:test": 2}


@pytest.mark.parametrize("name", [None, "openai:new"])
async def test_a_key_that_is_revoked_meanwhile_ends_it(site: Site, name: str | None) -> None:
    await site.tenant(200)
    site.server.statuses, site.server.status = [200] * 3, 401

    with pytest.raises(EmbeddingStopped) as refusal:
        await fill(site, name, switch=True)

    assert str(refusal.value).startswith(
        f"{name or 'openai:test'} answers 401: check TRELLIS_EMBEDDER_URL and TRELLIS_EMBEDDER_KEY. "
    )
    assert str(refusal.value).endswith("texts are left; what is embedded stays: run the command again")
    assert site.server.requests < 12
    assert await site.superuser.fetchval("SELECT max(attempts) FROM embedding_jobs") == 0
    active = await site.superuser.fetchval("SELECT name FROM embedding_models WHERE state = 'active'")
    assert active == "openai:test"


async def test_another_model_takes_over_from_one_that_is_gone_for_good(site: Site) -> None:
    await site.tenant(40)
    site.server.status = 401

    said, _ = await fill(site, "wordllama", switch=True)

    assert said == "Searches read wordllama, which has every text. openai:test is gone."
    assert await embedded(site) == {"wordllama": 40}
    assert site.server.requests < 12


async def test_what_another_model_refuses_keeps_the_one_that_is_filled_from_nothing(site: Site) -> None:
    await site.tenant(3)
    site.server.refused = {"Task 2"}

    assert (await fill(site, "wordllama"))[0] == "wordllama has every text."
    assert (await embedded(site))["wordllama"] == 3


@pytest.mark.parametrize("content", [b"[]", b'{"data": []}', b"<html>\nhello</html>"])
async def test_a_model_that_answers_no_vectors_is_not_registered(site: Site, content: bytes) -> None:
    site.server.content = content
    models: list[Any] = await site.superuser.fetch("SELECT * FROM embedding_models")

    with pytest.raises(EmbedderUnavailable, match="openai:new does not answer as OpenAI does"):
        await fill(site, "openai:new")

    assert await site.superuser.fetch("SELECT * FROM embedding_models") == models
