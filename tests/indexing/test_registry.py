"""What a process knows of the model that searches read by: it follows the database, and keeps no search waiting."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast
from weakref import ref

import pytest

from app.embedders.embedder import Embedder, EmbedderUnavailable, load_embedder
from app.embedders.openai import OpenAI
from app.graph.embedding import ModelUnavailable, NothingMeant
from app.indexing import registry
from app.queues import work_loop
from app.queues.work_loop import work_off
from app.search.embedding_models import Model
from app.search.models import ModelState
from tests.indexing.conftest import Site


async def test_a_wake_reaches_a_loop_that_is_at_work_though_another_looks_at_once(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_loop, "PAUSE", 60.0)  # before a loop would look by itself
    begun, ended, looks = asyncio.Event(), asyncio.Event(), Counter[str]()

    async def look_long() -> int:
        looks["long"] += 1
        begun.set()
        await ended.wait()
        return 0

    async def look() -> int:
        looks["short"] += 1
        return 0

    loops = [asyncio.create_task(work_off("testing", work, site.models.listen())) for work in (look_long, look)]
    await begun.wait()
    await until(lambda: looks["short"] == 1)
    site.models.wake()
    await until(lambda: looks["short"] == 2)
    ended.set()
    await until(lambda: looks["long"] == 2)
    for one in loops:
        one.cancel()
    await asyncio.gather(*loops, return_exceptions=True)


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not happened():  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0)


@asynccontextmanager
async def following(site: Site) -> AsyncIterator[None]:
    task = asyncio.create_task(site.models.follow())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_query_means_what_the_active_model_says(site: Site) -> None:
    async with following(site):
        meaning = await site.models.embed("login fails")

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
            with pytest.raises(ModelUnavailable, match="openai:test answers 401"):
                await site.models.embed("login fails")
        assert site.server.requests == 1

        await asyncio.sleep(0.5)
        assert (await site.models.embed("login fails")).model_id == 1


async def test_a_query_that_a_model_makes_nothing_of_is_no_failure_of_the_model(site: Site) -> None:
    site.server.refused = {"spell"}
    async with following(site):
        with pytest.raises(NothingMeant, match="openai:test answers 400"):
            await site.models.embed("a spell")
        assert (await site.models.embed("login fails")).model_id == 1

        site.server.status = 400  # which a model may say of a wrong key, too
        with pytest.raises(ModelUnavailable, match="openai:test answers 400"):
            await site.models.embed("login fails")


async def test_a_slow_model_keeps_no_search_for_longer_than_its_patience(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "PATIENCE", 0.3)
    site.server.pause = 8
    async with following(site):
        started = asyncio.get_running_loop().time()
        with pytest.raises(ModelUnavailable, match="takes too long"):
            await site.models.embed("login fails")
    assert asyncio.get_running_loop().time() - started < 5


async def test_a_model_that_takes_over_is_followed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "FOLLOWING", 0.05)
    async with following(site):
        assert (await site.models.embed("login fails")).model_id == 1
        await site.superuser.execute("UPDATE embedding_models SET state = 'retiring'")
        await site.superuser.execute("INSERT INTO embedding_models VALUES (2, 'openai:other', 256, 'active')")
        await asyncio.sleep(0.5)
        assert (await site.models.embed("login fails")).model_id == 2


async def test_what_was_last_seen_is_not_believed_for_ever(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model may have gone meanwhile, and a search that reads its rows would find nothing and not say why."""
    monkeypatch.setattr(registry, "TRUSTED", 0.2)
    async with following(site):
        await site.models.embed("login fails")
    await asyncio.sleep(0.3)

    with pytest.raises(ModelUnavailable, match="No model is active"):
        await site.models.embed("login fails")


async def test_two_who_wait_for_a_model_that_cannot_be_loaded_load_it_once(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is refused, and asks anew at once: that is one attempt more, and not two."""
    loads: list[str] = []

    def load(name: str, *arguments: Any) -> Embedder:
        loads.append(name)
        return load_embedder(name, *arguments)

    monkeypatch.setattr(registry, "load_embedder", load)
    wrong = Model(1, "wordllama", 77, ModelState.ACTIVE)

    async def ask_twice() -> None:
        for _ in range(2):
            with pytest.raises(EmbedderUnavailable, match="wordllama makes 256 numbers of a text, and not 77"):
                await site.models.embedder(wrong)

    await asyncio.gather(ask_twice(), ask_twice())

    assert loads == ["wordllama"] * 2


async def test_a_model_that_is_gone_is_closed_and_its_memory_given_back(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "FOLLOWING", 0.02)
    monkeypatch.setattr(registry, "LONGEST_USE", 0.1)
    await site.superuser.execute("INSERT INTO embedding_models VALUES (2, 'wordllama', 256, 'retiring')")
    await site.superuser.execute("INSERT INTO embedding_models VALUES (3, 'openai:gone', 256, 'retiring')")
    async with following(site):
        kept = await site.models.embedder(Model(1, "openai:test", 256, ModelState.ACTIVE))
        freed = ref(await site.models.embedder(Model(2, "wordllama", 256, ModelState.RETIRING)))
        closed = await site.models.embedder(Model(3, "openai:gone", 256, ModelState.RETIRING))
        await site.superuser.execute("DELETE FROM embedding_models WHERE state = 'retiring'")
        async with asyncio.timeout(5):
            while freed() is not None or not cast("OpenAI", closed).client.is_closed:  # noqa: ASYNC110  # no event is sent
                await asyncio.sleep(0.02)

        assert await site.models.embedder(Model(1, "openai:test", 256, ModelState.ACTIVE)) is kept
        await kept.embed(["a text"])
