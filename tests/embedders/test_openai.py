"""Models behind an OpenAI-compatible API: what they answer, what goes wrong, and what is made of it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np
import pytest

from app.config import Settings
from app.embedders.embedder import EmbedderUnavailable, TextRefused
from app.embedders.openai import LONGEST, OpenAI, load
from tests.embedders.embedder_server import EmbedderServer, serving_embeddings
from tests.processes import free_port


@dataclass
class Asked:
    server: EmbedderServer
    embedder: OpenAI


@pytest.fixture
async def asked() -> AsyncIterator[Asked]:
    async with serving_embeddings() as server:
        embedder = load("new", 384, Settings(embedder_url=server.url, embedder_timeout=0.5))
        yield Asked(server, embedder)
        await embedder.close()


async def test_vectors_have_the_order_of_the_texts_and_unit_length(asked: Asked) -> None:
    vectors = await asked.embedder.embed(["a", "b", "c"])

    expected = np.array([asked.server.vector(text) for text in "abc"], dtype=np.float32)
    assert vectors == pytest.approx(expected / np.linalg.norm(expected, axis=1, keepdims=True))
    assert vectors.dtype == np.float32
    assert asked.server.requests == 1


async def test_long_texts_are_cut(asked: Asked) -> None:
    await asked.embedder.embed(["a" * 20_000])
    assert asked.server.asked == {"a" * LONGEST: 1}


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_what_passes_is_tried_again(asked: Asked, status: int) -> None:
    asked.server.statuses = [status, status]
    assert (await asked.embedder.embed(["a"])).shape == (1, 384)
    assert asked.server.requests == 3


async def test_it_gives_up_after_three_attempts(asked: Asked) -> None:
    asked.server.statuses = [503] * 4
    with pytest.raises(EmbedderUnavailable, match="openai:new answers 503"):
        await asked.embedder.embed(["a"])
    assert asked.server.requests == 3


async def test_a_wrong_key_is_not_tried_again(asked: Asked) -> None:
    asked.server.statuses = [401]
    with pytest.raises(EmbedderUnavailable, match="answers 401: check TRELLIS_EMBEDDER_URL and TRELLIS_EMBEDDER_KEY"):
        await asked.embedder.embed(["a"])
    assert asked.server.requests == 1


async def test_a_refused_text_is_told_apart(asked: Asked) -> None:
    asked.server.refused = {"poison"}
    with pytest.raises(TextRefused, match="answers 400"):
        await asked.embedder.embed(["a", "poison"])
    assert asked.server.requests == 1


async def test_another_dimension_is_another_model(asked: Asked) -> None:
    asked.server.dimension = 768
    with pytest.raises(EmbedderUnavailable, match="it is not the model that the texts were embedded by"):
        await asked.embedder.embed(["a"])


async def test_a_model_that_takes_too_long_is_unavailable(asked: Asked) -> None:
    asked.server.pause = 2
    with pytest.raises(EmbedderUnavailable, match="openai:new does not answer"):
        await asked.embedder.embed(["a"])


async def test_nobody_listening_is_unavailable() -> None:
    embedder = load("new", 384, Settings(embedder_url=f"http://127.0.0.1:{free_port()}/v1"))
    with pytest.raises(EmbedderUnavailable, match="openai:new does not answer"):
        await embedder.embed(["a"])
    await embedder.close()


async def test_a_text_without_words_has_no_direction(asked: Asked) -> None:
    asked.server.vector = lambda text: [0.0 * len(text)] * 384  # type: ignore[method-assign]  # nothing
    with pytest.raises(TextRefused, match="finds no word"):
        await asked.embedder.embed(["a"])
