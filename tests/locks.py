"""Statements that are held up for as long as a test wants."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeAlias

import asyncpg

from app.db.engine import Database

Superuser: TypeAlias = "asyncpg.Connection[Any]"
AT_LOCKS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
# The tables of a worker's database have the numbers that those of another's have, from the same template.
HERE = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
# What others' tests have left to do, the servers' background work does meanwhile, and waits at locks too.
IN_BACKGROUND = "application_name = 'trellis background'"
REQUESTS_AT_LOCKS = f"{AT_LOCKS} AND NOT {IN_BACKGROUND}"
SLEEPING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
WAITING = f"""
SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE NOT granted AND relation = 'tasks'::regclass AND {HERE} AND NOT {IN_BACKGROUND}
"""
RUNNING = f"""
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND usename = 'trellis' AND state <> 'idle' AND NOT {IN_BACKGROUND}
"""


@asynccontextmanager
async def tasks_locked(superuser: Superuser) -> AsyncIterator[None]:
    """Whoever reads tasks waits until the end of the block."""
    transaction = superuser.transaction()
    await transaction.start()
    await superuser.execute("LOCK TABLE tasks")
    try:
        yield
    finally:
        # A test that kills PostgreSQL may have ended this connection too, or be about to.
        with suppress(asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError):
            await transaction.rollback()


async def whoever_waits(superuser: Superuser, amount: int = 1) -> int:
    """The process id of one of those requests that wait for tasks, when there are so many of them."""
    async with asyncio.timeout(10):
        while len(waiting := await superuser.fetch(WAITING)) < amount:
            await asyncio.sleep(0.01)
            await superuser.execute("SELECT pg_stat_clear_snapshot()")
    return int(waiting[0]["pid"])


async def until_waiting(superuser: Superuser, amount: int = 1) -> None:
    """Returns when so many wait for a lock of whatever kind, background work among them."""
    await _until(superuser, AT_LOCKS, amount)


async def until_a_request_waits(superuser: Superuser) -> None:
    """Returns when a request waits for a lock of whatever kind."""
    await _until(superuser, REQUESTS_AT_LOCKS, 1)


async def until_sleeping(superuser: Superuser) -> None:
    """Returns when a statement is at `pg_sleep`."""
    await _until(superuser, SLEEPING, 1)


async def _until(superuser: Superuser, counting: str, amount: int) -> None:
    async with asyncio.timeout(30):
        while await superuser.fetchval(counting) < amount:
            await asyncio.sleep(0.01)
            await superuser.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees its first look again


def held_by_requests(database: Database) -> int:
    """How many connections are in the hands of requests, or being given back; the rest is the server's own work."""
    return sum(holder is not None for holder in database._holders.values()) + len(database._ending)


async def until_no_request_runs(database: Database, superuser: Superuser) -> None:
    """Waits until PostgreSQL does nothing for requests, and the pool has all their connections back."""
    async with asyncio.timeout(10):
        while held_by_requests(database) or await superuser.fetchval(RUNNING):
            await asyncio.sleep(0.01)
            await superuser.execute("SELECT pg_stat_clear_snapshot()")
