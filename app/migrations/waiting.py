"""Says for whom a migration waits."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

APPLICATION = "trellis migrate"  # how the connection that migrates calls itself
LOOK_EVERY = 1.0  # seconds

# Of sessions of other roles PostgreSQL tells the start of their transaction only to who may read all statistics.
AWAITED = """
SELECT DISTINCT pid, usename, application_name, date_trunc('second', clock_timestamp() - xact_start) AS age
FROM pg_stat_activity
WHERE pid IN (SELECT unnest(pg_blocking_pids(waiting.pid)) FROM pg_stat_activity AS waiting
              WHERE waiting.application_name = $1 AND waiting.datname = current_database())
ORDER BY pid
"""


class Waiting:
    """Looks now and then, over a connection of its own, and tells of each session that is waited for once."""

    def __init__(self, connection: "asyncpg.Connection[Any]", tell: Callable[[str], None]) -> None:
        self.connection = connection
        self.tell = tell
        self.awaited = ""  # whom it was waited for last
        self._told: set[int] = set()

    @asynccontextmanager
    async def told(self) -> AsyncIterator[None]:
        """Looks for the time of the block."""
        looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            rows = await self.connection.fetch(AWAITED, APPLICATION)
            if rows:
                self.awaited = ", ".join(map(_named, rows))
            if new := {row["pid"] for row in rows} - self._told:
                self._told |= new
                self.tell(f"Waiting for {self.awaited}: the migration goes on as soon as that is over")


def _named(row: asyncpg.Record) -> str:
    name = " ".join(filter(None, (row["usename"], row["application_name"])))
    since = f", in a transaction for {row['age']}" if row["age"] is not None else ""
    return f"PostgreSQL's process {row['pid']} ({name}{since})"
