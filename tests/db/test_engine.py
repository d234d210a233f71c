"""The pool: what it gives, how long it lets wait, and what comes back to it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pydantic import SecretStr

from app.config import Settings
from app.db.engine import REST, RETRY_AFTER, Connection, Database, DatabaseUnavailable
from app.db.record import Record
from tests.api import SECRET

SETTINGS = (
    "SELECT array_agg(current_setting(name) ORDER BY place) FROM unnest($1::text[]) WITH ORDINALITY AS t (name, place)"
)

IN_TRANSACTION = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY($1::int[]) AND xact_start IS NOT NULL"


@asynccontextmanager
async def opened(url: str, **others: Any) -> AsyncIterator[Database]:
    database = Database.open(Settings(database_url=url, jwt_secret=SecretStr(SECRET), **others))
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
        pool.release(connection)


async def test_rows_are_read_by_attribute_too(database: Any) -> None:
    async with opened(database.runtime_url) as pool:
        connection = await pool.acquire()
        row: Any = await connection.fetchrow("SELECT 1 AS number")
        pool.release(connection)

    assert (type(row), row.number, row["number"]) == (Record, 1, 1)
    with pytest.raises(AttributeError, match="title"):
        _ = row.title


async def test_who_finds_every_connection_busy_is_told_in_time(database: Any) -> None:
    async with opened(database.runtime_url, pool_size=1, pool_timeout=0.2) as pool:
        busy = await pool.acquire()
        started = asyncio.get_running_loop().time()
        with pytest.raises(DatabaseUnavailable, match="All database connections are busy"):
            await pool.acquire()
        waited = asyncio.get_running_loop().time() - started
        pool.release(busy)

        assert 0.2 <= waited < 5
        assert (pool.opened, pool.busy) == (1, 0)


async def test_who_waits_gets_the_connection_that_comes_back(database: Any) -> None:
    async with opened(database.runtime_url, pool_size=1) as pool:
        busy = await pool.acquire()
        process = busy.get_server_pid()
        waiting = asyncio.create_task(pool.acquire())
        await asyncio.sleep(0)
        pool.release(busy)
        connection = await waiting

        assert connection.get_server_pid() == process
        pool.release(connection)


async def test_a_database_that_is_away_is_told_in_time(data_directory: Path) -> None:
    url = f"postgresql://trellis@/trellis?host={data_directory}"
    async with opened(url, pool_timeout=0.2) as pool:
        started = asyncio.get_running_loop().time()
        with pytest.raises(DatabaseUnavailable, match="The database cannot be reached"):
            await pool.acquire()

        assert asyncio.get_running_loop().time() - started < 5


async def test_a_database_that_does_not_answer_is_not_called_busy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://trellis@127.0.0.1:{silent.getsockname()[1]}/trellis"
        async with opened(url, pool_timeout=0.2) as pool:
            with pytest.raises(DatabaseUnavailable, match="The database cannot be reached"):
                await pool.acquire()
            assert pool.opened == 0


@pytest.mark.parametrize("wrong", ["//nobody@/trellis", "//trellis@/nothing"])
async def test_a_role_or_database_that_is_not_there_is_told_at_once(database: Any, wrong: str) -> None:
    url = "postgresql:" + wrong + "?" + database.runtime_url.partition("?")[2]
    async with opened(url) as pool:
        with pytest.raises(DatabaseUnavailable, match="The database cannot be reached"):
            await pool.acquire()
        assert pool.opened == 0


async def test_a_discarded_connection_is_replaced(database: Any) -> None:
    async with opened(database.runtime_url, pool_size=1) as pool:
        connection = await pool.acquire()
        process = connection.get_server_pid()
        pool.discard(connection)
        other = await pool.acquire()

        assert other.get_server_pid() != process
        assert await other.fetchval("SELECT 1") == 1
        pool.release(other)


async def test_a_connection_that_broke_by_itself_is_discarded_too(database: Any, superuser: Any) -> None:
    async with opened(database.runtime_url, pool_size=1) as pool:
        connection = await pool.acquire()
        await superuser.execute("SELECT pg_terminate_backend($1, 5000)", connection.get_server_pid())
        await asyncio.sleep(0.1)
        pool.discard(connection)
        other = await pool.acquire()

        assert await other.fetchval("SELECT 1") == 1
        pool.release(other)


async def test_what_is_left_open_is_there_for_the_next_to_end(database: Any) -> None:
    async with opened(database.runtime_url) as pool:
        connection = await pool.acquire()
        await connection.execute("BEGIN")
        pool.release(connection)
        taken = await pool.take()
        assert (taken, taken.is_in_transaction()) == (connection, True)

        pool.release(taken)
        acquired = await pool.acquire()
        assert (acquired, acquired.is_in_transaction()) == (connection, False)
        pool.release(acquired)


async def test_what_nobody_takes_over_is_ended_soon(database: Any, superuser: Any) -> None:
    async with opened(database.runtime_url) as pool:
        connections = [await pool.acquire() for _ in range(3)]
        for connection in connections:
            await connection.execute("BEGIN")
            pool.release(connection)
        processes = [connection.get_server_pid() for connection in connections]
        async with asyncio.timeout(10):
            while pool.busy or await superuser.fetchval(IN_TRANSACTION, processes):  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(REST)

        assert pool.opened == 3


async def test_who_gives_up_waiting_takes_no_connection_along(database: Any) -> None:
    async with opened(database.runtime_url, pool_size=1) as pool:
        busy = await pool.acquire()
        first, second = (asyncio.create_task(pool.acquire()) for _ in range(2))
        await asyncio.sleep(0)
        pool.release(busy)  # it is the first one's now, who is cancelled before it can take it
        first.cancel()

        assert await second is busy
        pool.release(busy)
        assert (first.cancelled(), pool.opened, pool.busy) == (True, 1, 0)


async def test_a_connection_that_cannot_be_opened_leaves_its_place_to_others(database: Any) -> None:
    async with opened(database.runtime_url, pool_size=1, pool_timeout=0.1) as pool:
        connect, pool.connect = pool.connect, refuse
        with pytest.raises(DatabaseUnavailable):
            await pool.acquire()
        pool.connect = connect

        pool.release(await pool.acquire())
        assert (pool.opened, pool.busy) == (1, 0)


async def refuse() -> Connection:
    raise ConnectionRefusedError


async def test_who_gives_up_on_a_database_that_is_away_leaves_their_place(data_directory: Path) -> None:
    async with opened(f"postgresql://trellis@/trellis?host={data_directory}", pool_size=1) as pool:
        connecting = asyncio.create_task(pool.acquire())
        await asyncio.sleep(RETRY_AFTER / 2)  # it has been refused once, and tries again in a moment
        connecting.cancel()
        await asyncio.gather(connecting, return_exceptions=True)
        assert pool.busy == 0


async def test_a_crowd_that_comes_and_gives_up_leaves_every_connection_free(database: Any) -> None:
    chance = Random(1)

    async def visit(pool: Database) -> None:
        connection = await pool.take()
        assert pool.opened <= 3
        try:
            if not connection.is_in_transaction():
                await connection.execute("BEGIN")
            await connection.execute("SELECT pg_sleep(0.002)")
        except BaseException:
            await asyncio.shield(pool.end(connection))
            raise
        chance.choice([pool.release, pool.release, pool.discard])(connection)

    async with opened(database.runtime_url, pool_size=3, pool_timeout=10) as pool:
        visits = [asyncio.create_task(visit(pool)) for _ in range(150)]
        while not all(one.done() for one in visits):
            chance.choice(visits).cancel()
            await asyncio.sleep(0.004)
        outcomes = await asyncio.gather(*visits, return_exceptions=True)
        pool.release(await pool.acquire())
        async with asyncio.timeout(10):
            while pool.busy:  # noqa: ASYNC110  # what was cancelled is undone behind their backs
                await asyncio.sleep(0.01)

    assert {type(one) for one in outcomes} == {type(None), asyncio.CancelledError}
