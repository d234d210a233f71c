"""Models behind an OpenAI-compatible API: what they answer, what goes wrong, and what is made of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from pydantic import SecretStr

from app.config import Settings
from app.embedders import openai
from app.embedders.embedder import EmbedderUnavailable, TextRefused
from app.embedders.openai import LONGEST, OpenAI, load
from tests.embedders.embedder_server import EmbedderServer, serving_embeddings
from tests.processes import free_port

NUMBERS = b",".join([b"1"] * 384)
# What comes with a 200, for two texts.
MISSHAPEN = [
    b"",
    b"[]",
    b"null",
    b"7",
    b"<html>\n<body>Welcome</body>\n</html>",
    b"\xff\xfe",
    b"[" * 100_000,
    b"{}",
    b'{"data": null}',
    b'{"data": 7}',
    b'{"data": {"a": 1}}',
    b'{"data": []}',
    b'{"data": [7, 8]}',
    b'{"data": [{"index": 0, "embedding": [%s]}]}' % NUMBERS + b" " * 1_000 + b"}",
    b'{"data": [{"index": 0, "embedding": [%s]}, {"index": 0, "embedding": [%s]}]}' % (NUMBERS, NUMBERS),
    b'{"data": [{"index": 0, "embedding": [%s]}, {"index": null, "embedding": [%s]}]}' % (NUMBERS, NUMBERS),
    b'{"data": [{"index": 0, "embedding": []}, {"index": 1, "embedding": []}]}',
    b'{"data": [{"index": 0, "embedding": [%s]}, {"index": 1, "embedding": [1]}]}' % NUMBERS,
    b'{"data": [{"index": 0, "embedding": [[%s]]}, {"index": 1, "embedding": [[%s]]}]}' % (NUMBERS, NUMBERS),
    b'{"data": [{"index": 0, "embedding": [NaN, %s]}, {"index": 1, "embedding": [%s]}]}' % (NUMBERS[2:], NUMBERS),
    b'{"data": [{"index": 0, "embedding": "AACAPw=="}, {"index": 1, "embedding": "AACAPw=="}]}',
    b'{"data": [{"index": 0, "embedding": [null, %s]}, {"index": 1, "embedding": [%s]}]}' % (NUMBERS[2:], NUMBERS),
    b'{"data": [{"index": 0, "embedding": [1e999, %s]}, {"index": 1, "embedding": [%s]}]}' % (NUMBERS[2:], NUMBERS),
    b'{"data": [{"index": 0, "embedding": [%s]}, {"index": 2, "embedding": [%s]}]}' % (NUMBERS, NUMBERS),
    b'{"data": [{"index": [0], "embedding": [%s]}, {"index": 1, "embedding": [%s]}]}' % (NUMBERS, NUMBERS),
    b'{"data": [{"index": 0}, {"index": 1}]}',
]

HTML = (
    b"<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>\r\n<hr><center>nginx</center>\r\n"
    b"</body>\r\n</html>\r\n"
)
# How APIs refuse more texts than they take, in their own words, and None for one that leaves some out.
TOO_MANY = [
    (400, b'{"error": {"message": "Value error, batch size is invalid, it should not be larger than 10.: input"}}'),
    (422, b'{"error": "batch size 32 > maximum allowed batch size 10", "error_type": "Validation"}'),
    (400, '{"error": {"message": "input数组最大不得超过10条"}}'.encode()),
    (413, HTML),
    None,
]


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
    assert asked.server.asked == {"a": 2, "poison": 2}
    assert asked.embedder.max_batch == 32


@pytest.mark.parametrize("too_many", TOO_MANY, ids=str)
async def test_how_many_texts_it_takes_at_once_is_learned(asked: Asked, too_many: tuple[int, bytes] | None) -> None:
    """Whatever it says of more, or where it answers fewer vectors and says nothing."""
    asked.server.most, asked.server.too_many = 10, too_many
    texts = [f"text {number}" for number in range(32)]

    first = await asked.embedder.embed(texts)
    batches = asked.server.batches[:]
    again = await asked.embedder.embed(texts)

    assert batches == [32, 16, 8, 8, 8, 8]
    assert asked.server.batches[6:] == [8, 8, 8, 8]
    assert asked.embedder.max_batch == 8
    expected = np.array([asked.server.vector(text) for text in texts], dtype=np.float32)
    assert first == pytest.approx(expected / np.linalg.norm(expected, axis=1, keepdims=True))
    assert np.array_equal(again, first)


async def test_what_the_texts_hold_together_may_be_too_much(asked: Asked) -> None:
    """Another eight of them would do, and nobody can tell: so many are not asked for again."""
    asked.server.most_letters = 100
    await asked.embedder.embed(["a" * 30] * 8)
    await asked.embedder.embed(["a"] * 8)
    assert asked.server.batches == [8, 4, 2, 2, 2, 2, 2, 2, 2, 2]


@pytest.mark.parametrize(
    "numbered",
    [
        lambda rows: [{"embedding": row["embedding"]} for row in rows],
        lambda rows: [rows[2], {"embedding": rows[0]["embedding"]}, rows[1]],
        lambda rows: [rows[1], rows[2], rows[0]],
    ],
    ids=["not at all", "but for zero", "in any order"],
)
async def test_vectors_are_numbered_one_way_or_another(
    asked: Asked, numbered: Callable[[list[Any]], list[Any]]
) -> None:
    asked.server.alter = numbered
    vectors = await asked.embedder.embed(["a", "b", "c"])
    expected = np.array([asked.server.vector(text) for text in "abc"], dtype=np.float32)
    assert vectors == pytest.approx(expected / np.linalg.norm(expected, axis=1, keepdims=True))


async def test_large_numbers_have_a_direction(asked: Asked) -> None:
    asked.server.vector = lambda text: [3e300, 4e300] + [0.0 * len(text)] * 382  # type: ignore[method-assign]  # one of its own
    (vector,) = await asked.embedder.embed(["a"])
    assert vector[:3].tolist() == pytest.approx([0.6, 0.8, 0.0])


async def test_a_page_is_shown_as_a_line_without_tags_and_control_characters(asked: Asked) -> None:
    asked.server.statuses, asked.server.content = [413], HTML + b"\x1b[31m\xe2\x80\xa8red"
    with pytest.raises(TextRefused) as refusal:
        await asked.embedder.embed(["a"])
    assert str(refusal.value) == "openai:new answers 413: 413 Request Entity Too Large nginx \ufffd[31m red"


async def test_another_dimension_is_another_model(asked: Asked) -> None:
    asked.server.dimension = 768
    with pytest.raises(EmbedderUnavailable, match="it is not the model that the texts were embedded by"):
        await asked.embedder.embed(["a"])


async def test_a_model_that_takes_too_long_is_unavailable(asked: Asked) -> None:
    asked.server.pause = 2
    with pytest.raises(EmbedderUnavailable, match="openai:new does not answer"):
        await asked.embedder.embed(["a"])


async def test_an_answer_has_its_time_as_a_whole(asked: Asked) -> None:
    asked.server.drip = 0.1
    started = asyncio.get_running_loop().time()
    with pytest.raises(EmbedderUnavailable, match=r"openai:new does not answer within 0\.5 seconds"):
        await asked.embedder.embed(["a"])
    assert asyncio.get_running_loop().time() - started < 5
    assert asked.server.requests == 3


async def test_it_waits_for_as_long_as_it_is_told(asked: Asked) -> None:
    asked.server.statuses = [429]
    asked.server.retry_after = 1
    started = asyncio.get_running_loop().time()
    await asked.embedder.embed(["a"])
    assert asyncio.get_running_loop().time() - started >= 1


async def test_an_answer_without_end_is_not_read(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai, "MOST_BYTES", 1_000)
    with pytest.raises(EmbedderUnavailable, match="openai:new answers more than 1,000 bytes"):
        await asked.embedder.embed(["a"])


@pytest.mark.parametrize("content", MISSHAPEN)
async def test_an_answer_of_another_shape_is_one_line(asked: Asked, content: bytes) -> None:
    asked.server.content = content
    with pytest.raises((EmbedderUnavailable, TextRefused)) as refusal:
        await asked.embedder.embed(["a", "b"])
    assert 20 < len(str(refusal.value)) < 300
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("content", [b"[]", b'{"data": []}', b'{"data": [{"index": 0, "embedding": []}]}'])
async def test_a_model_that_answers_another_shape_has_no_dimension(asked: Asked, content: bytes) -> None:
    asked.server.content = content
    settings = Settings(embedder_url=asked.server.url)
    with pytest.raises(EmbedderUnavailable, match="openai:new"):
        await asyncio.to_thread(load, "new", None, settings)


async def test_a_model_is_asked_for_its_dimension(asked: Asked) -> None:
    asked.server.dimension = 77
    embedder = await asyncio.to_thread(load, "new", None, Settings(embedder_url=asked.server.url))
    assert embedder.dimension == 77
    await embedder.close()


@pytest.mark.parametrize(
    "variables", [{"embedder_url": "nowhere"}, {"embedder_url": "http://[1"}, {"embedder_key": SecretStr("ключ")}]
)
async def test_what_nobody_can_be_asked_by_is_one_line(variables: dict[str, Any]) -> None:
    with pytest.raises(EmbedderUnavailable, match="openai:new"):
        await asyncio.to_thread(load, "new", None, Settings(**variables))


async def test_nobody_listening_is_unavailable() -> None:
    embedder = load("new", 384, Settings(embedder_url=f"http://127.0.0.1:{free_port()}/v1"))
    with pytest.raises(EmbedderUnavailable, match="openai:new does not answer"):
        await embedder.embed(["a"])
    await embedder.close()


async def test_a_text_without_words_has_no_direction(asked: Asked) -> None:
    asked.server.vector = lambda text: [0.0 * len(text)] * 384  # type: ignore[method-assign]  # nothing
    with pytest.raises(TextRefused, match="finds no word"):
        await asked.embedder.embed(["a"])
