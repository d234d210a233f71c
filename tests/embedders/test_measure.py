"""The floor of a model that nobody has measured: found by a few texts, or none where they say nothing."""

import pytest

from app.config import Settings
from app.embedders.embedder import EmbedderUnavailable, load_embedder
from app.embedders.measure import FOREIGN, WORK, measured_floor
from app.embedders.openai import load
from tests.embedders.embedder_server import serving_embeddings


async def test_it_is_nearly_what_thousands_of_texts_say() -> None:
    embedder = load_embedder("wordllama", 256, Settings())

    assert await measured_floor(embedder) == pytest.approx(embedder.floor, abs=0.005)


async def test_a_model_that_tells_nothing_apart_has_none() -> None:
    async with serving_embeddings() as server:
        embedder = load("new", 384, Settings(embedder_url=server.url, embedder_timeout=5))
        floor = await measured_floor(embedder)
        await embedder.close()

    assert floor == -1
    assert sum(server.asked.values()) == 2 * len(WORK) + len(FOREIGN) == 40


async def test_one_that_makes_nothing_of_them_cannot_be_used() -> None:
    async with serving_embeddings() as server:
        server.refused = {"giraffe"}
        embedder = load("new", 384, Settings(embedder_url=server.url, embedder_timeout=5))
        with pytest.raises(EmbedderUnavailable, match="openai:new makes nothing of plain English"):
            await measured_floor(embedder)
        await embedder.close()
