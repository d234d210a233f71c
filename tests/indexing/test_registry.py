"""What a process knows of the model that searches read by: it follows the database, and keeps no search waiting."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.graph.embedding import MeaningUnavailable
from app.indexing import registry
from tests.indexing.conftest import Site


@asynccontextmanager
async def following(site: Site) -> AsyncIterator[None]:
    task = asyncio.create_task(site.meanings.follow())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_query_means_what_the_active_model_says(site: Site) -> None:
    async with following(site):
        meaning = await site.meanings.of("login fails")

    expected = site.server.vector("login fails")
    length = sum(number**2 for number in expected) ** 0.5
    assert (meaning.model_id, meaning.dimension, meaning.weight) == (1, 256, 0.5)
    assert [float(one) for one in meaning.vector[1:-1].split(",")] == pytest.approx(
        [number / length for number in expected], abs=1e-6
    )


async def test_a_model_that_is_down_is_not_asked_by_every_search(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "REST", 0.5)
    async with following(site):
        site.server.statuses = [401]
        for _ in range(3):
            with pytest.raises(MeaningUnavailable, match="openai:test answers 401"):
                await site.meanings.of("login fails")
        assert site.server.requests == 1

        await asyncio.sleep(0.5)
        assert (await site.meanings.of("login fails")).model_id == 1


async def test_a_slow_model_keeps_no_search_for_longer_than_its_patience(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "PATIENCE", 0.3)
    site.server.pause = 3
    async with following(site):
        started = asyncio.get_running_loop().time()
        with pytest.raises(MeaningUnavailable, match="takes too long"):
            await site.meanings.of("login fails")
    assert asyncio.get_running_loop().time() - started < 1


async def test_a_model_that_takes_over_is_followed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "FOLLOWING", 0.05)
    async with following(site):
        assert (await site.meanings.of("login fails")).model_id == 1
        await site.superuser.execute("UPDATE embedding_models SET state = 'retiring'")
        await site.superuser.execute("INSERT INTO embedding_models VALUES (2, 'openai:other', 256, 'active')")
        await asyncio.sleep(0.5)
        assert (await site.meanings.of("login fails")).model_id == 2


async def test_what_was_last_seen_is_not_believed_for_ever(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model may have gone meanwhile, and a search that reads its rows would find nothing and not say why."""
    monkeypatch.setattr(registry, "TRUSTED", 0.2)
    async with following(site):
        await site.meanings.of("login fails")
    await asyncio.sleep(0.3)

    with pytest.raises(MeaningUnavailable, match="No model is active"):
        await site.meanings.of("login fails")
