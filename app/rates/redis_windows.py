"""Counts that several processes share in Redis, and what becomes of them while it is away."""

import asyncio
import logging
from collections.abc import Coroutine
from time import monotonic
from typing import Any, TypeVar

from limits.aio.storage import RedisStorage
from redis.asyncio import BlockingConnectionPool
from redis.exceptions import RedisError

from app.rates.windows import WINDOW, Window

logger = logging.getLogger("trellis")

PATIENCE = 0.05  # seconds a request waits for Redis; it answers within 1 ms where all is well
GRACE = 1.0  # seconds without an answer until Redis counts as away: a machine that is busy can look like that for less
PAUSE = 1.0  # seconds between two looks whether it is back
CONNECTIONS = 4  # at most; each is busy for a fraction of a millisecond
FAILURES = (RedisError, OSError, TimeoutError)

Answer = TypeVar("Answer")


class Shared:
    """Windows in Redis, of which those of this process are copies.

    While Redis does not answer, each process counts on from its copy, so that nobody gets a new minute out of it. A
    request waits for PATIENCE at most, and none does any more after GRACE: then a task asks for Redis until it is back.
    What the processes count meanwhile stays with them, so a limit may be met once by each.

    A question that a request has given up on goes on without it: it may be our own process that was slow, and what is
    asked for has to be counted all the same.
    """

    def __init__(self, url: str) -> None:
        self._pool = BlockingConnectionPool.from_url(url, max_connections=CONNECTIONS, socket_timeout=None)
        self._counts = RedisStorage(
            f"async+{url}",
            implementation="redispy",
            connection_pool=self._pool,  # type: ignore[arg-type]  # the library documents it, and types all options alike
        )
        self._silent_since: float | None = None
        self._questions: set[asyncio.Task[Any]] = set()
        self._returning: asyncio.Task[None] | None = None

    @property
    def away(self) -> bool:
        """Whether each process counts for itself."""
        return self._returning is not None

    async def take(self, window: Window, name: str, points: int, limit: int) -> bool:
        """Takes points of an account, all of them or none, and brings `window` up to date."""
        begun_here = window.used == 0
        used = await self.add(window, name, points)
        if begun_here and used > points:
            await self._ask(self._find_end(window, name))
        if used > limit:
            # Another request has taken them meanwhile, here or in another process.
            await self.add(window, name, -points)
        return used <= limit

    async def answers(self) -> bool:
        """Whether Redis does, within PATIENCE."""
        return await self._ask(self._counts.get("anything")) is not None

    async def close(self) -> None:
        """Leaves no task and no connection behind."""
        left = [*self._questions, *filter(None, [self._returning])]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._pool.aclose()

    async def add(self, window: Window, name: str, points: int) -> int:
        """Adds to the count in Redis, or for want of an answer to our copy; answers what it comes to."""
        used = None if self.away else await self._ask(self._count(window, name, points))
        if used is None:
            used = window.used = window.used + points
        return used

    async def _count(self, window: Window, name: str, points: int) -> int:
        window.used = used = await self._counts.incr(name, WINDOW, points)
        return used

    async def _find_end(self, window: Window, name: str) -> None:
        """Another process began this minute, and Redis knows when."""
        window.resets_at = await self._counts.get_expiry(name)

    async def _ask(self, question: Coroutine[Any, Any, Answer]) -> Answer | None:
        """What Redis answers; None where it does not in time."""
        task = asyncio.create_task(self._put(question))
        self._questions.add(task)
        task.add_done_callback(self._questions.discard)
        started = monotonic()
        await asyncio.wait({task}, timeout=PATIENCE)
        if not task.done() and monotonic() - started > 1.5 * PATIENCE:
            # We were late ourselves: the answer may be there, and only has not been looked at yet.
            await asyncio.wait({task}, timeout=PATIENCE)
        if not task.done():
            self._note_silence("no answer")
            return None
        return task.result()

    async def _put(self, question: Coroutine[Any, Any, Answer]) -> Answer | None:
        try:
            async with asyncio.timeout(GRACE):
                answer = await question
        except FAILURES as error:
            self._note_silence(repr(error))
            return None
        self._silent_since = None
        return answer

    def _note_silence(self, reason: str) -> None:
        self._silent_since = self._silent_since or monotonic()
        if not self.away and monotonic() - self._silent_since >= GRACE:
            logger.error("Redis does not answer, so each process counts rate limits for itself: %s", reason)
            self._returning = asyncio.create_task(self._return())

    async def _return(self) -> None:
        while not await self.answers():  # noqa: ASYNC110  # Redis sets no event of ours
            await asyncio.sleep(PAUSE)
        self._silent_since = self._returning = None
        logger.warning("Redis answers again: rate limits are counted together")
