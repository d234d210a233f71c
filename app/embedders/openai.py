"""Models behind an OpenAI-compatible API: OpenAI itself, Ollama, vLLM, Text Embeddings Inference, LiteLLM …"""

import asyncio
from collections.abc import Sequence
from random import uniform
from typing import Any, NamedTuple

import httpx
import numpy as np
import orjson

from app.config import Settings
from app.embedders.embedder import EmbedderUnavailable, RateLimited, TextRefused, Vectors
from app.embedders.normalize import of_unit_length

LONGEST = 8_000  # characters: the usual limit is some 8,000 tokens, and a token is rarely less than a character
MOST_BYTES = 8 * 1024 * 1024  # of an answer: 32 vectors of 2,000 numbers, indented, are 3 MiB
ATTEMPTS = 3
FIRST_WAIT = 0.25  # seconds before the second attempt; twice as long before the third
LONGEST_WAIT = 10.0  # seconds that an answer may ask to wait for: a batch has to be done before others take it
PASSING = frozenset({408, 409, 424, 425, 500, 502, 503, 504})  # what may be otherwise in a moment
TOO_MANY = frozenset({429, 529})
AT_FAULT = frozenset({400, 413, 422})  # what is said of a text
CHECK = "check TRELLIS_EMBEDDER_URL and TRELLIS_EMBEDDER_KEY"


class Passing(EmbedderUnavailable):
    """No answer, or one that may be otherwise in a moment."""


class TooMany(RateLimited):
    """It will not be asked more for `wait` seconds."""

    def __init__(self, said: str, wait: float) -> None:
        super().__init__(said)
        self.wait = wait


class Answer(NamedTuple):
    """What came back, as a whole."""

    status: int
    retry_after: str
    content: bytes

    @property
    def beginning(self) -> str:
        """In one line."""
        return " ".join(self.content[:1_000].decode(errors="replace").split())[:200]


class OpenAI:
    """See Embedder."""

    max_batch = 32  # of the longest texts, a quarter of a megabyte
    weight = 0.5
    floor: float | None = None

    def __init__(self, client: httpx.AsyncClient, model: str, dimension: int, timeout: float) -> None:
        """`timeout`: seconds for an answer, from the connection to its last byte."""
        self.client = client
        self.model = model
        self.name = f"openai:{model}"
        self.dimension = dimension
        self.timeout = timeout

    async def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = await self.raw(texts)
        if vectors.shape != (len(texts), self.dimension):
            raise EmbedderUnavailable(
                f"{self.name} answers vectors of the shape {vectors.shape}, and not {(len(texts), self.dimension)}: "
                "it is not the model that the texts were embedded by"
            )
        return of_unit_length(vectors)

    async def raw(self, texts: Sequence[str]) -> Vectors:
        """The vectors as they are answered, whatever their dimension, of whatever length. Raises as `embed` does."""
        given = [text[:LONGEST] for text in texts]
        for attempt in range(1, ATTEMPTS):
            wait = FIRST_WAIT * 2 ** (attempt - 1) * uniform(0.5, 1.5)  # noqa: S311  # no secret
            try:
                return self._read(await self._ask(given), len(texts))
            except TooMany as error:
                await asyncio.sleep(max(error.wait, wait))
            except Passing:
                await asyncio.sleep(wait)
        return self._read(await self._ask(given), len(texts))

    def floor_for(self, _query: str, floor: float) -> float:
        return floor

    async def close(self) -> None:
        await self.client.aclose()

    async def _ask(self, texts: Sequence[str]) -> Answer:
        try:
            async with asyncio.timeout(self.timeout):
                return await self._receive({"model": self.model, "input": texts, "encoding_format": "float"})
        except TimeoutError as error:
            raise Passing(f"{self.name} does not answer within {self.timeout:g} seconds") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Passing(f"{self.name} does not answer: {str(error) or type(error).__name__}") from error

    async def _receive(self, body: dict[str, Any]) -> Answer:
        """Raises EmbedderUnavailable for more than anybody needs, before it is in memory."""
        content = bytearray()
        async with self.client.stream("POST", "embeddings", json=body) as answer:
            if answer.headers.get("content-encoding", "identity") != "identity":
                raise EmbedderUnavailable(f"{self.name} answers compressed, which it was not asked for: {CHECK}")
            async for chunk in answer.aiter_raw():
                content += chunk
                if len(content) > MOST_BYTES:
                    raise EmbedderUnavailable(f"{self.name} answers more than {MOST_BYTES:,} bytes: {CHECK}")
        return Answer(answer.status_code, answer.headers.get("retry-after", ""), bytes(content))

    def _read(self, answer: Answer, amount: int) -> Vectors:
        status = answer.status
        if status in TOO_MANY:
            wait = float(answer.retry_after) if answer.retry_after.isdecimal() else 0.0
            raise TooMany(f"{self.name} answers {status}: {answer.beginning}", min(wait, LONGEST_WAIT))
        if status in PASSING:
            raise Passing(f"{self.name} answers {status}: {answer.beginning}")
        if status in AT_FAULT:
            raise TextRefused(f"{self.name} answers {status}: {answer.beginning}")
        if not 200 <= status < 300:
            raise EmbedderUnavailable(f"{self.name} answers {status}: {CHECK}")
        try:
            return _vectors(answer.content, amount)
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise EmbedderUnavailable(f"{self.name} does not answer as OpenAI does: {answer.beginning}") from error


def _vectors(content: bytes, amount: int) -> Vectors:
    """One row for each of `amount` texts, in their order; raises one of Python's errors where that is not there."""
    rows: list[Any] = sorted(orjson.loads(content)["data"], key=lambda row: row["index"])
    if [row["index"] for row in rows] != list(range(amount)):
        raise ValueError
    vectors = np.array([row["embedding"] for row in rows], dtype=np.float64)
    if vectors.ndim != 2 or not vectors.size:
        raise ValueError
    return vectors


def load(model: str, dimension: int | None, settings: Settings) -> OpenAI:
    """A client; a model whose dimension is not known yet is asked for it, so not within an event loop.

    Raises EmbedderUnavailable and TextRefused.
    """
    return _opened(model, dimension or asyncio.run(_ask_dimension(model, settings)), settings)


async def _ask_dimension(model: str, settings: Settings) -> int:
    embedder = _opened(model, 0, settings)
    try:
        return int((await embedder.raw(["text"])).shape[1])
    except TextRefused as error:
        raise EmbedderUnavailable(f"{error}: {CHECK}") from error
    finally:
        await embedder.close()


def _opened(model: str, dimension: int, settings: Settings) -> OpenAI:
    key = settings.embedder_key
    headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {key.get_secret_value()}"} if key else {})
    try:
        # The time that an answer may take is taken as a whole: the library's own is for each read.
        address = settings.embedder_url.rstrip("/") + "/"
        client = httpx.AsyncClient(base_url=address, headers=headers, timeout=None)  # noqa: S113  # as above
    except (ValueError, httpx.InvalidURL) as error:
        raise EmbedderUnavailable(f"openai:{model} cannot be asked ({type(error).__name__}): {CHECK}") from error
    return OpenAI(client, model, dimension, settings.embedder_timeout)
