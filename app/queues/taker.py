"""Taking rows from a queue for one worker."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from functools import lru_cache
from typing import Generic
from uuid import UUID

import asyncpg

from app.db.engine import LOST, Database, DatabaseUnavailable
from app.db.statement import Statement, prepare
from app.queues.lease_queue import LEASE, NO_WAIT, LeaseQueue, Queue, Taken, identifying, taking
from app.queues.turns import next_in_turn, turn

NOBODY = UUID(int=0)


class Taker(Generic[Taken]):
    """Takes for one worker. Organizations take turns: none waits behind another's whole queue."""

    def __init__(self, queue: LeaseQueue[Taken], database: Database) -> None:
        self.queue = queue
        self.database = database
        self._last = NOBODY

    async def take(self, most: int = 1) -> list[Taken]:
        """Up to so many rows of the next organization; none where nothing is due, or others were faster."""
        taken: list[Taken] = []
        try:
            async with self.queue.transaction(self.database) as fetch:
                organization_id = await next_in_turn(fetch, _turn(self.queue), self._last)
                if organization_id is not None:
                    self._last = organization_id
                    await fetch(identifying(self.queue), {"organization_id": organization_id})
                    values = {"organization_id": organization_id, "most": most, "lease": LEASE}
                    taken = await fetch(taking(self.queue), values)
        except asyncio.CancelledError:  # perhaps while it was being committed
            await self.give_back(taken)
            raise
        return taken

    async def give_back(self, taken: Sequence[Taken], wait: timedelta = NO_WAIT) -> None:
        """To whoever takes them next; where the database is away, once the lease has ended."""
        with suppress(DatabaseUnavailable, asyncpg.PostgresError, *LOST):
            if taken:
                async with self.queue.transaction(self.database, taken[0].organization_id) as fetch:
                    await self.queue.give_back(fetch, taken, wait)


@lru_cache(100)
def _turn(queue: Queue) -> Statement:
    return prepare(turn(queue.table, queue.due))
