"""The pool: what it gives, how long it lets wait, and what comes back to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from app.config import Settings
from app.db.engine import Database, DatabaseUnavailable, Record
from tests.api import SECRET

SETTINGS = (
    "SELECT array_agg(current_setting(name) ORDER BY place) FROM unnest($1::text[]) WITH ORDINALITY AS t (name, place)"
)


@asynccontextmanager
async def opened(url: str, **others: Any) -> AsyncIterator[Database]:
    database = await Database.open(Settings(database_url=url, jwt_secret=SecretStr(SECRET), **others))
    try:
        yield database
    finally:
        await database.close()


async def test_a_connection_has_the_settings_of_the_server(database: Any) -> None:
    names = ["statement_timeout", "lock_timeout", "jit", "plan_cache_mode", "timezone", "application_name"]
    async with opened(database.runtime_url, statement_timeout=1.5, lock_timeout=0.25) as pool:
        connection = await pool.acquire()
        assert await connection.fetchval(SETTINGS, names) == [
            *("1500ms", "250ms", "off", "force_generic_plan", "UTC", "trellis")
        ]
        await pool.release(connection)


async def test_rows_are_read_by_attribute_too(database: Any) -> None:
    async with opened(database.runtime_url) as pool:
        connection = await pool.acquire()
        row = await connection.fetchrow("SELECT 1 AS number")
        await pool.release(connection)

    assert isinstance(row, Record)
    assert (row.number, row["number"]) == (1, 1)
    with pytest.raises(AttributeError, match="title"):
        _ = row.title


async def test_who_finds_every_connection_busy_is_told_in_time(database: Any) -> None:
    async with opened(database.runtime_url, pool_size=1, pool_timeout=0.2) as pool:
        busy = await pool.acquire()
        started = asyncio.get_running_loop().time()
        with pytest.raises(DatabaseUnavailable, match="All database connections are busy"):
            await pool.acquire()
        waited = asyncio.get_running_loop().time() - started
        await pool.release(busy)

        assert 0.2 <= waited < 1
        assert pool.pool.get_idle_size() == pool.pool.get_size() == 1


async def test_who_waits_gets_the_connection_that_comes_back(database: Any) -> None:
    async with opened(database.runtime_url, pool_size=1) as pool:
        busy = await pool.acquire()
        process = busy.get_server_pid()
        waiting = asyncio.create_task(pool.acquire())
        await asyncio.sleep(0)
        await pool.release(busy)
        connection = await waiting

        assert connection.get_server_pid() == process
        await pool.release(connection)


async def test_a_database_that_is_away_is_told_in_time(data_directory: Path) -> None:
    url = f"postgresql://trellis@/trellis?host={data_directory}"
    async with opened(url, pool_timeout=0.2) as pool:
        started = asyncio.get_running_loop().time()
        with pytest.raises(DatabaseUnavailable, match="The database cannot be reached"):
            await pool.acquire()

        assert asyncio.get_running_loop().time() - started < 1


async def test_a_discarded_connection_is_replaced(database: Any) -> None:
    async with opened(database.runtime_url, pool_size=1) as pool:
        connection = await pool.acquire()
        process = connection.get_server_pid()
        await pool.discard(connection)
        other = await pool.acquire()

        assert other.get_server_pid() != process
        assert await other.fetchval("SELECT 1") == 1
        await pool.release(other)


async def test_a_connection_that_broke_by_itself_is_discarded_too(database: Any, superuser: Any) -> None:
    async with opened(database.runtime_url, pool_size=1) as pool:
        connection = await pool.acquire()
        await superuser.execute("SELECT pg_terminate_backend($1, 5000)", connection.get_server_pid())
        await asyncio.sleep(0.1)
        await pool.discard(connection)
        other = await pool.acquire()

        assert await other.fetchval("SELECT 1") == 1
        await pool.release(other)
