"""How long a search takes, beside its own statements sent straight to PostgreSQL and the embedding of its query."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import asyncpg
from asyncpg.connection import LoggedQuery

from app.search.embedder import Embedder
from benchmarks.search.client import LONGEST_QUERY, Client
from benchmarks.search.fill import Filled

ROUNDS = 2


@dataclass(frozen=True)
class Speed:
    """Milliseconds: of searches through the API, of their statements alone, and of embedding their queries."""

    api: list[float]
    raw: list[float]
    embedding: list[float]

    @property
    def ratio(self) -> float:
        """The search over its statements and its embedding: the median of the searches' own."""
        own = zip(self.api, self.raw, self.embedding, strict=True)
        return median(api / (raw + embedding) for api, raw, embedding in own)


def percentile(milliseconds: Sequence[float], percent: int) -> float:
    return quantiles(milliseconds, n=100, method="inclusive")[percent - 1]


async def speed(  # who is asked what, and what it is compared with
    client: Client,
    runtime: "asyncpg.Connection[Any]",
    embedder: Embedder,
    organization: Filled,
    texts: Sequence[str],
    mode: str,
) -> Speed:
    """Each text is searched for, and what that took is measured beside it at once, so that both meet the same machine.

    The first search for a text only warms up: what it reads is then in PostgreSQL's memory for both. Which of the two
    comes first changes by turns.
    """
    found = Speed([], [], [])
    for number in range(ROUNDS + 1):
        for text in texts:
            await client.search(organization.id, text, mode)
            search, replay = (
                partial(client.search, organization.id, text, mode),
                partial(_replay, runtime, list(client.sent)),
            )
            if number % 2:
                api, raw = await _timed(search), await _timed(replay)
            else:
                raw, api = await _timed(replay), await _timed(search)
            asks_model = mode != "FULL_TEXT"
            embedding = await _timed(partial(embedder.embed, [text[:LONGEST_QUERY]])) if asks_model else 0.0
            if number:
                found.api.append(api)
                found.raw.append(raw)
                found.embedding.append(embedding)
    return found


async def _timed(work: Callable[[], Awaitable[Any]]) -> float:
    begin = perf_counter()
    await work()
    return 1000 * (perf_counter() - begin)


async def _replay(runtime: "asyncpg.Connection[Any]", sent: Sequence[LoggedQuery]) -> None:
    for one in sent:
        if one.args:
            await runtime.fetch(one.query, *one.args)
        else:
            await runtime.execute(one.query)
    await runtime.execute("ROLLBACK")
