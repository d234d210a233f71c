"""Models behind an OpenAI-compatible API: OpenAI itself, Ollama, vLLM, Text Embeddings Inference, LiteLLM …"""

import asyncio
from collections.abc import Sequence
from random import uniform
from typing import Any

import httpx
import numpy as np

from app.config import Settings
from app.embedders.embedder import EmbedderUnavailable, TextRefused, Vectors
from app.embedders.normalize import of_unit_length

LONGEST = 8_000  # characters: the usual limit is some 8,000 tokens, and a token is rarely less than a character
ATTEMPTS = 3
FIRST_WAIT = 0.25  # seconds before the second attempt; twice as long before the third
BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})  # what may be otherwise in a moment
AT_FAULT = frozenset({400, 413, 422})  # what is said of a text


class Passing(EmbedderUnavailable):
    """No answer, or one that may be otherwise in a moment."""


class OpenAI:
    """See Embedder."""

    max_batch = 32  # of the longest texts, a quarter of a megabyte
    weight = 0.5

    def __init__(self, client: httpx.AsyncClient, model: str, dimension: int) -> None:
        self.client = client
        self.model = model
        self.name = f"openai:{model}"
        self.dimension = dimension

    async def embed(self, texts: Sequence[str]) -> Vectors:
        given = [text[:LONGEST] for text in texts]
        for attempt in range(1, ATTEMPTS):
            try:
                return self._read(await self._ask(given), len(texts))
            except Passing:
                await asyncio.sleep(FIRST_WAIT * 2 ** (attempt - 1) * uniform(0.5, 1.5))  # noqa: S311  # no secret
        return self._read(await self._ask(given), len(texts))

    async def _ask(self, texts: Sequence[str]) -> httpx.Response:
        body = {"model": self.model, "input": texts, "encoding_format": "float"}
        try:
            answer = await self.client.post("embeddings", json=body)
        except httpx.TransportError as error:
            raise Passing(f"{self.name} does not answer: {str(error) or type(error).__name__}") from error
        if answer.status_code in BUSY:
            raise Passing(f"{self.name} answers {answer.status_code}")
        if answer.status_code in AT_FAULT:
            raise TextRefused(f"{self.name} answers {answer.status_code}: {answer.text[:200]}")
        if not answer.is_success:
            raise EmbedderUnavailable(
                f"{self.name} answers {answer.status_code}: check TRELLIS_EMBEDDER_URL and TRELLIS_EMBEDDER_KEY"
            )
        return answer

    async def close(self) -> None:
        await self.client.aclose()

    def _read(self, answer: httpx.Response, amount: int) -> Vectors:
        vectors = _vectors(answer)
        if vectors.shape != (amount, self.dimension):
            raise EmbedderUnavailable(
                f"{self.name} answers vectors of the shape {vectors.shape}, and not {(amount, self.dimension)}: "
                "it is not the model that the texts were embedded by"
            )
        return of_unit_length(vectors)


def _vectors(answer: httpx.Response) -> Vectors:
    try:
        rows: list[Any] = sorted(answer.json()["data"], key=lambda row: row["index"])
        return np.array([row["embedding"] for row in rows], dtype=np.float32)
    except (ValueError, KeyError, TypeError) as error:
        raise EmbedderUnavailable(f"The embedder does not answer as OpenAI does: {answer.text[:200]}") from error


def load(model: str, dimension: int | None, settings: Settings) -> OpenAI:
    """A client; a model whose dimension is not known yet is asked for it. Raises EmbedderUnavailable."""
    key = settings.embedder_key
    options: dict[str, Any] = {
        "base_url": settings.embedder_url.rstrip("/") + "/",
        "headers": {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {},
        "timeout": settings.embedder_timeout,
    }
    return OpenAI(httpx.AsyncClient(**options), model, dimension or _ask_dimension(model, options))


def _ask_dimension(model: str, options: dict[str, Any]) -> int:
    with httpx.Client(**options) as client:
        try:
            answer = client.post("embeddings", json={"model": model, "input": ["text"], "encoding_format": "float"})
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise EmbedderUnavailable(
                f"openai:{model} cannot be asked ({error}): check TRELLIS_EMBEDDER_URL and TRELLIS_EMBEDDER_KEY"
            ) from error
    return int(_vectors(answer).shape[1])
