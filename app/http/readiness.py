"""Whether a server may be sent requests, for the load balancers that ask for it."""

import asyncio
from typing import NamedTuple

from app.db.engine import Database, DatabaseUnavailable
from app.http.rate_limit import Rates
from app.http.ready import require_ready

LIFETIME = 1.0  # seconds for which an answer is given again: who asks all the time costs nobody anything


class State(NamedTuple):
    """What is said at /readyz."""

    status: int
    text: str


class Readiness:
    """Looks whether PostgreSQL answers over a connection of its own: a server is not unready because it is busy.

    All who ask at once share one look, and who asks soon after gets its answer.
    """

    def __init__(self, database: Database, rates: Rates) -> None:
        """`database` is for this alone."""
        self._database = database
        self._rates = rates
        self._looking: asyncio.Task[State] | None = None
        self._old_at = 0.0

    async def state(self) -> State:
        """The answer of the last look, or of a new one where that is old."""
        if self._looking is None or (self._looking.done() and asyncio.get_running_loop().time() >= self._old_at):
            self._looking = asyncio.create_task(self._look())
        return await asyncio.shield(self._looking)  # the others wait for it, too

    async def _look(self) -> State:
        try:
            return await self._found()
        finally:
            self._old_at = asyncio.get_running_loop().time() + LIFETIME

    async def _found(self) -> State:
        try:
            await require_ready(self._database)
        except DatabaseUnavailable as error:
            return State(503, error.message)
        if await self._rates.alone():
            return State(200, "ok, but Redis does not answer: each process counts rate limits for itself")
        return State(200, "ok")

    async def close(self) -> None:
        """Leaves no task and no connection behind."""
        if self._looking:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        await self._database.close()
