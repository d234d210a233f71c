"""The transactions of the server's own work, and what is left of one that is cut short."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Integer, Uuid, bindparam, func, literal_column, select

from app.db.engine import Database
from app.db.statement import prepare
from app.queues.background import background, identified_by
from tests.db.test_engine import opened

NOBODY = prepare(select(func.coalesce(bindparam("organization_id", type_=Uuid), func.gen_random_uuid())))
ONE = prepare(select(literal_column("1", Integer)))
NAMED = prepare(select(func.current_setting("application_name")))


async def work(pool: Database) -> int:
    async with background(pool, NOBODY) as fetch:
        (row,) = await fetch(ONE, {})
        return int(row[0])


@pytest.mark.parametrize("steps", range(8))
async def test_work_that_is_cut_short_anywhere_keeps_nobody_from_committing(database: Any, steps: int) -> None:
    async with opened(database.runtime_url, pool_size=1) as pool:
        assert await work(pool) == 1
        cut = asyncio.create_task(work(pool))
        for _ in range(steps):
            await asyncio.sleep(0)
        cut.cancel()
        await asyncio.gather(cut, return_exceptions=True)

        assert await work(pool) == 1
        connection = await pool.take()
        assert (pool.opened, connection.is_in_transaction()) == (1, False)  # it has been committed
        pool.release(connection)


async def test_it_has_a_name_of_its_own_while_it_lasts(database: Any) -> None:
    """By which operators tell it from requests, in `pg_stat_activity`."""
    identify = identified_by(func.coalesce(bindparam("organization_id", type_=Uuid), func.gen_random_uuid()))
    async with opened(database.runtime_url, pool_size=1) as pool:
        async with background(pool, identify) as fetch:
            ((during,),) = await fetch(NAMED, {})
        async with background(pool, NOBODY) as fetch:
            ((after,),) = await fetch(NAMED, {})

    assert (during, after) == ("trellis background", "trellis")
