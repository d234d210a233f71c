"""Working off a queue: when it looks, and that it ends."""

import asyncio

from app.queues.work_loop import work_off


async def test_it_ends_when_it_is_cancelled_in_the_moment_it_is_woken() -> None:
    looked, woken = asyncio.Event(), asyncio.Event()

    async def find_nothing() -> int:
        looked.set()
        return 0

    working = asyncio.create_task(work_off("testing", find_nothing, woken))
    await looked.wait()
    await asyncio.sleep(0)
    woken.set()
    await asyncio.sleep(0)
    working.cancel()
    await asyncio.wait({working}, timeout=1)

    assert working.cancelled()


async def test_it_ends_though_clearing_up_after_its_cancellation_fails() -> None:
    begun = asyncio.Event()

    async def fail_to_clear_up() -> int:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            raise ConnectionError

    working = asyncio.create_task(work_off("testing", fail_to_clear_up, asyncio.Event()))
    await begun.wait()
    working.cancel()
    await asyncio.wait({working}, timeout=1)

    assert working.cancelled()
