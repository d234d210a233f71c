"""Counts that several processes share in Redis, and what becomes of them while it is away."""

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from time import monotonic, time
from typing import Any, TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

from app.rates.windows import WINDOW, Draw

logger = logging.getLogger("trellis")

PATIENCE = 0.05  # seconds a request waits for Redis; it answers within 1 ms where all is well
GRACE = 1.0  # seconds without an answer until Redis counts as away: a machine that is busy can look like that for less
PAUSE = 1.0  # seconds between two looks whether it is back
CONNECTIONS = 4  # at most; each is busy for a fraction of a millisecond
FAILURES = (RedisError, OSError, TimeoutError)

# Takes points of several windows, of all or of none, and says of each what is used and for how many milliseconds it
# goes on. In one step, so that nothing has to be given back, perhaps to a window that has begun since.
TAKE = """
local points, length, owed = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
local answer = {1}
for place, name in ipairs(KEYS) do
    if not owed and tonumber(redis.call('GET', name) or '0') + points > tonumber(ARGV[3 + place]) then
        answer[1] = 0
    end
end
for place, name in ipairs(KEYS) do
    local used
    if answer[1] == 1 then
        used = redis.call('INCRBY', name, points)
        if redis.call('PTTL', name) < 0 then redis.call('PEXPIRE', name, length) end
    else
        used = tonumber(redis.call('GET', name) or '0')
    end
    local left = redis.call('PTTL', name)
    answer[2 * place] = used
    answer[2 * place + 1] = left < 0 and length or left
end
return answer
"""
PREFIX = "trellis/rates/"

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
        self._script = self._redis.register_script(TAKE)
        self._silent_since: float | None = None
        self._questions: set[asyncio.Task[Any]] = set()
        self._returning: asyncio.Task[None] | None = None

    @property
    def away(self) -> bool:
        """Whether each process counts for itself."""
        return self._returning is not None

    async def take(self, draws: Sequence[Draw], points: int, *, owed: bool = False) -> bool:
        """Takes points of all windows or of none, and brings them up to date; what is `owed` in any case."""
        fits = None if self.away else await self._ask(self._run(draws, points, owed=owed))
        if fits is None:
            for draw in draws:
                draw.window.used += points
        return fits is not False

    async def _run(self, draws: Sequence[Draw], points: int, *, owed: bool) -> bool:
        names, limits = [PREFIX + draw.name for draw in draws], [draw.limit for draw in draws]
        fits, *found = await self._script(names, [points, WINDOW * 1000, int(owed), *limits])
        for draw, used, left in zip(draws, found[::2], found[1::2], strict=True):
            draw.window.used, draw.window.resets_at = used, time() + left / 1000
        return bool(fits)

    async def answers(self) -> bool:
        """Whether Redis does, within PATIENCE."""
        return await self._ask(self._redis.ping()) is not None

    async def close(self) -> None:
        """Leaves no task and no connection behind."""
        left = [*self._questions, *filter(None, [self._returning])]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._pool.aclose()

    async def _ask(self, question: Awaitable[Answer]) -> Answer | None:
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

    async def _put(self, question: Awaitable[Answer]) -> Answer | None:
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
