"""The pool among several callers: what one may hold, whose turn it is, and what whoever gives up leaves behind."""

import asyncio
from collections import Counter
from random import Random
from typing import Any

import pytest

from app.db.admission import LONGEST_LINE, CallerBusy
from app.db.engine import Connection, Database, DatabaseUnavailable
from tests.db.test_engine import opened


async def in_line(pool: Database, caller: str) -> "asyncio.Task[Connection]":
    """The task of one who waits for a connection."""
    waiting = asyncio.create_task(pool.take(caller))
    before = pool.admission.waiting
    while pool.admission.waiting == before:  # noqa: ASYNC110  # it is there in the next turn of the loop
        await asyncio.sleep(0)
    return waiting


@pytest.mark.parametrize(("size", "share"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)])
async def test_a_caller_gets_half_of_the_connections(database: Any, size: int, share: int) -> None:
    async with opened(database.runtime_url, pool_size=size, pool_timeout=0.1) as pool:
        held = [await pool.take("busy") for _ in range(share)]
        with pytest.raises(CallerBusy) as refused:
            await pool.take("busy")
        others = [await pool.take("other") for _ in range(size - share)]
        for connection in (*held, *others):
            pool.release(connection)

        words = f"Your other requests hold all of the {share} database connections that you may have: wait for one."
        assert (refused.value.message, refused.value.extensions) == (words, {"code": "RATE_LIMITED", "retryAfter": 1})
        assert (pool.opened, pool.busy, pool.admission.waiting) == (size, 0, 0)


async def test_who_waits_for_others_is_not_told_that_it_is_their_own(database: Any) -> None:
    async with opened(database.runtime_url, pool_size=2, pool_timeout=0.1) as pool:
        held = [await pool.take("one"), await pool.take("two")]
        with pytest.raises(DatabaseUnavailable, match="All database connections are busy"):
            await pool.take("three")
        for connection in held:
            pool.release(connection)


async def test_callers_take_turns_however_many_of_one_wait(database: Any) -> None:
    async with opened(database.runtime_url, pool_size=1) as pool:
        served = []

        async def visit(caller: str) -> None:
            connection = await pool.take(caller)
            served.append(caller)
            pool.release(connection)

        busy = await pool.take("many")
        visits = [asyncio.create_task(visit(caller)) for caller in ["many"] * 4 + ["few"] * 2 + ["one"]]
        await asyncio.sleep(0)
        pool.release(busy)
        await asyncio.gather(*visits)

        assert served == ["many", "few", "one", "many", "few", "many", "many"]


async def test_a_free_connection_is_another_callers_at_once(database: Any) -> None:
    async with opened(database.runtime_url, pool_size=2) as pool:
        mine, theirs = await pool.take("mine"), await pool.take("theirs")
        pool.release(theirs)
        waiting = [await in_line(pool, "mine") for _ in range(3)]
        assert await asyncio.wait_for(pool.take("theirs"), 10) is theirs

        pool.release(mine)
        assert await waiting[0] is mine
        pool.release(theirs)  # which is not for those who have their half
        assert not waiting[1].done()
        for one in waiting[1:]:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        pool.release(mine)
        assert (pool.busy, pool.admission.waiting, pool.admission._held) == (0, 0, {})


async def test_the_server_itself_may_have_all(database: Any) -> None:
    async with opened(database.runtime_url, pool_size=2) as pool:
        for connection in [await pool.acquire(), await pool.acquire()]:
            pool.release(connection)
        assert pool.opened == 2


async def test_a_flood_of_one_caller_is_refused_and_not_kept(database: Any) -> None:
    async with opened(database.runtime_url, pool_size=2) as pool:
        held = await pool.take("flood")
        waiting = [await in_line(pool, "flood") for _ in range(LONGEST_LINE)]
        with pytest.raises(CallerBusy):
            await asyncio.wait_for(pool.take("flood"), 0.5)
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        pool.release(held)
        assert (pool.admission.waiting, pool.admission._held) == (0, {})


async def test_crowds_of_several_callers_leave_nothing_behind(database: Any) -> None:
    """Random visits that end well, end badly or are cut short: never more than a share, and in the end nothing."""
    chance, holding = Random(2), Counter[str]()

    async def visit(pool: Database, caller: str) -> None:
        connection = await pool.take(caller)
        holding[caller] += 1
        assert holding[caller] <= 2
        assert holding.total() <= 3
        try:
            await asyncio.sleep(chance.random() / 500)
        finally:
            holding[caller] -= 1
            chance.choice([pool.release, pool.release, pool.release, pool.discard])(connection)

    async with opened(database.runtime_url, pool_size=3, pool_timeout=10) as pool:
        visits = [asyncio.create_task(visit(pool, chance.choice("abbccc"))) for _ in range(150)]
        for _ in range(60):
            chance.choice(visits).cancel()
            await asyncio.sleep(0.001)
        outcomes = await asyncio.gather(*visits, return_exceptions=True)

        assert {type(one) for one in outcomes} == {type(None), asyncio.CancelledError}
        assert (pool.busy, pool.admission.waiting, pool.admission._held, pool._holders) == (0, 0, {}, {})
