"""Counts that several processes share in Redis, and what becomes of them while it is away."""

import asyncio
import logging
from collections.abc import Coroutine
from time import monotonic, time
from typing import Any, TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

from app.rates.windows import WINDOW, Window

logger = logging.getLogger("trellis")

PATIENCE = 0.05  # seconds a request waits for Redis; it answers within 1 ms where all is well
GRACE = 1.0  # seconds without an answer until Redis counts as away: a machine that is busy can look like that for less
PAUSE = 1.0  # seconds between two looks whether it is back
CONNECTIONS = 4  # at most; each is busy for a fraction of a millisecond
PREFIX = "trellis/rates/"
NO_LIMIT = 2**53
# All of the points or none, in one step: what was taken first and given back later could be given to the next minute.
TAKE = """
local used = tonumber(redis.call('GET', KEYS[1]) or 0)
local fits = used + ARGV[1] <= tonumber(ARGV[2])
if fits then
    used = redis.call('INCRBY', KEYS[1], ARGV[1])
    if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
end
local left = redis.call('PTTL', KEYS[1])
return {fits and 1 or 0, used, left < 0 and tonumber(ARGV[3]) or left}
"""
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
        self._redis = Redis(connection_pool=self._pool)
        self._take = self._redis.register_script(TAKE)
        self._silent_since: float | None = None
        self._questions: set[asyncio.Task[Any]] = set()
        self._returning: asyncio.Task[None] | None = None

    @property
    def away(self) -> bool:
        """Whether each process counts for itself."""
        return self._returning is not None

    async def take(self, window: Window, name: str, points: int, limit: int) -> bool:
        """Takes points of an account, all of them or none, and brings `window` up to date."""
        return await self._add(window, name, points, limit)

    async def add(self, window: Window, name: str, points: int) -> None:
        """Takes points of an account, however many are left, and brings `window` up to date."""
        await self._add(window, name, points, NO_LIMIT)

    async def answers(self) -> bool:
        """Whether Redis does, within PATIENCE."""
        return await self._ask(self._ping()) is not None

    async def close(self) -> None:
        """Leaves no task and no connection behind."""
        left = [*self._questions, *filter(None, [self._returning])]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._pool.aclose()

    async def _add(self, window: Window, name: str, points: int, limit: int) -> bool:
        """Adds to the count in Redis, or for want of an answer to our copy; whether there was room."""
        fits = None if self.away else await self._ask(self._count(window, name, points, limit))
        if fits is None:
            fits = window.used + points <= limit
            window.used += points if fits else 0
        return fits

    async def _count(self, window: Window, name: str, points: int, limit: int) -> bool:
        fits, window.used, left = await self._take([f"{PREFIX}{name}"], [points, limit, WINDOW * 1000])
        window.resets_at = time() + left / 1000  # another process may have begun this minute
        return bool(fits)

    async def _ping(self) -> bool:
        await self._redis.ping()
        return True

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
