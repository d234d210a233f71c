"""Models behind an OpenAI-compatible API: OpenAI itself, Ollama, vLLM, Text Embeddings Inference, LiteLLM …"""

import asyncio
import logging
from collections.abc import Sequence
from random import uniform
from typing import Any

import httpx
import numpy as np

from app.config import Settings
from app.embedders.embedder import EmbedderUnavailable, RateLimited, TextRefused, Vectors
from app.embedders.normalize import of_unit_length
from app.embedders.openai_answer import Answer, Misshapen, TooFew

logger = logging.getLogger("trellis")

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

    def __init__(self, *said: str, wait: float) -> None:
        super().__init__(*said)
        self.wait = wait


class TooFewVectors(EmbedderUnavailable):
    """It answers fewer vectors than it was asked for."""


class OpenAI:
    """See Embedder."""

    max_batch = 32  # of the longest texts, a quarter of a megabyte; fewer once so many were refused
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
        """The vectors as they are answered, whatever their dimension, of whatever length. Raises as `embed` does.

        What is refused together is asked for by halves. Where those are taken it was too much, whatever was said of
        it, and so much is never asked for again. Where a text alone is refused it is at fault.
        """
        most = self.max_batch
        if len(texts) > most:
            parts = [texts[first : first + most] for first in range(0, len(texts), most)]
            return np.concatenate([await self.raw(part) for part in parts])
        try:
            return await self._persist(texts)
        except (TextRefused, TooFewVectors) as error:
            if len(texts) == 1:
                raise
            half = (len(texts) + 1) // 2
            vectors = np.concatenate([await self.raw(part) for part in (texts[:half], texts[half:])])
            if half < self.max_batch:
                logger.warning("%s is asked for %d texts at once from now on: %s", self.name, half, error.args[0])
                self.max_batch = half
            return vectors

    async def _persist(self, texts: Sequence[str]) -> Vectors:
        """Asks again where that may help."""
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
        said = f"{self.name} answers {status}", answer.beginning
        if status in TOO_MANY:
            wait = float(answer.retry_after) if answer.retry_after.isdecimal() else 0.0
            raise TooMany(*said, wait=min(wait, LONGEST_WAIT))
        if status in PASSING:
            raise Passing(*said)
        if status in AT_FAULT:
            raise TextRefused(*said)
        if not 200 <= status < 300:
            raise EmbedderUnavailable(f"{self.name} answers {status}: {CHECK}")
        try:
            return answer.vectors(amount)
        except Misshapen as error:
            kind = TooFewVectors if isinstance(error, TooFew) else EmbedderUnavailable
            raise kind(f"{self.name} does not answer as OpenAI does: {error}", answer.beginning) from error


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
