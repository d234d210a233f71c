"""How long a search takes, beside its own statements sent straight to PostgreSQL and the embedding of its query."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import asyncpg

from app.embedders.embedder import Embedder
from app.ranking.query import read_query
from benchmarks.search.client import LONGEST_QUERY, Client, Sent
from benchmarks.search.fill import Filled

ROUNDS = 2


@dataclass(frozen=True)
class Speed:
    """Milliseconds: of searches through the API, of their resolver alone, of the statements that open a transaction and
    of those that search, sent raw, and of embedding the query."""

    api: list[float] = field(default_factory=list)
    resolver: list[float] = field(default_factory=list)
    opening: list[float] = field(default_factory=list)
    statements: list[float] = field(default_factory=list)
    embedding: list[float] = field(default_factory=list)

    @property
    def resolver_ratio(self) -> float:
        """The resolver over its statements and its embedding: the median of the searches' own."""
        own = zip(self.resolver, self.statements, self.embedding, strict=True)
        return median(resolver / (statements + embedding) for resolver, statements, embedding in own)

    @property
    def api_ratio(self) -> float:
        """The same of the whole answer, over all statements and the embedding."""
        own = zip(self.api, self.opening, self.statements, self.embedding, strict=True)
        return median(api / (opening + statements + embedding) for api, opening, statements, embedding in own)


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
    """Each text is searched for, and what that took is measured beside it at once, so that all meet the same machine.

    The first search for a text only warms up: what it reads is then in PostgreSQL's memory for all. Which of them comes
    first changes by turns.
    """
    found = Speed()
    for number in range(ROUNDS + 1):
        for text in texts:
            await client.search(organization.id, text, mode)
            sent = await client.sent_for(organization.id, text, mode)
            works: dict[str, Callable[[], Awaitable[float]]] = {
                "api": partial(_timed, partial(client.search, organization.id, text, mode)),
                "resolver": partial(client.resolve, organization.id, text, mode),
                "statements": partial(_replay, runtime, sent, found.opening if number else []),
            }
            for name in list(works) if number % 2 else reversed(works):
                milliseconds = await works[name]()
                if number:
                    getattr(found, name).append(milliseconds)
            if number:
                words = read_query(text[:LONGEST_QUERY]).words
                asks_model = mode != "FULL_TEXT"
                found.embedding.append(await _timed(partial(embedder.embed, [words])) if asks_model else 0.0)
    return found


async def _timed(work: Callable[[], Awaitable[Any]]) -> float:
    begin = perf_counter()
    await work()
    return 1000 * (perf_counter() - begin)


async def _replay(runtime: "asyncpg.Connection[Any]", sent: Sent, opened: list[float]) -> float:
    opened.append(await _timed(partial(runtime.execute, sent.opening)))

    async def search() -> None:
        for text, arguments in sent.statements:
            await runtime.fetch(text, *arguments)

    milliseconds = await _timed(search)
    await runtime.execute("ROLLBACK")
    return milliseconds
