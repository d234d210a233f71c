"""Asking models for vectors, and telling whether a failure is the model's own or that of the texts it was asked for.

A provider's error says too little: HTTP 500 may mean that it is down, or that one text is longer than it can take. So
where a model fails at texts it is asked for one that every model knows. One that fails at that too is down: no text is
at fault, and before it gets another it has to answer that one. Then what it fails at next is at fault, even where it is
down once more, as after a text that kills it.
"""

import asyncio
from collections.abc import Sequence

from app import time_limits
from app.embedders.embedder import EmbedderUnavailable, RateLimited, TextRefused, as_text
from app.indexing.asked import counting
from app.indexing.registry import KNOWN_TEXT, ModelRegistry
from app.search.embedding_models import Model


class Judge:
    """Knows which models have failed since they last embedded anything."""

    def __init__(self, models: ModelRegistry) -> None:
        self._models = models
        self._doubted: set[int] = set()

    async def embed(self, model: Model, texts: Sequence[str]) -> list[str]:
        """The vectors as PostgreSQL reads them; takes a minute at most.

        Raises EmbedderUnavailable where the model is down, and TextRefused where it works but for these texts.
        """
        try:
            vectors = await self._ask(model, texts, time_limits.EMBEDDED_BATCH)
        except RateLimited:
            raise
        except Exception as error:  # whatever a model says of a text must not stop the others
            if model.id not in self._doubted:
                await self._probe(model)
            raise TextRefused(reason_of(error)) from error
        self._doubted.discard(model.id)
        return vectors

    async def require(self, model: Model) -> None:
        """Raises EmbedderUnavailable where the model has failed and still does."""
        if model.id in self._doubted:
            await self._probe(model)

    async def _probe(self, model: Model) -> None:
        try:
            await self._ask(model, [KNOWN_TEXT], time_limits.KNOWN_TEXT)
        except Exception as error:
            self._doubted.add(model.id)
            if isinstance(error, EmbedderUnavailable):
                raise
            raise EmbedderUnavailable(reason_of(error)) from error

    async def _ask(self, model: Model, texts: Sequence[str], seconds: float) -> list[str]:
        try:
            async with asyncio.timeout(seconds):
                embedder = await self._models.embedder(model)
                made: list[str] = []
                while part := texts[len(made) : len(made) + embedder.max_batch]:
                    with counting("texts", len(part)):
                        made += map(as_text, await embedder.embed(part))
                return made
        except TimeoutError as error:
            raise EmbedderUnavailable(f"{model.name} takes longer than {seconds:g} seconds") from error


def reason_of(error: Exception) -> str:
    """What an operator is told of it."""
    return str(error) or repr(error)
