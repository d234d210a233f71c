"""Working off a queue for as long as the server runs."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import uniform

from app.log import Loggable, named

logger = logging.getLogger("trellis")

DONE: Counter[str] = Counter()  # what the work of this process found to do, by the names of what works
FAILED: Counter[str] = Counter()  # how often it failed

PAUSE = 2.0  # seconds until it looks by itself: what another process wrote wakes nobody here
LONGEST_PAUSE = 15.0  # between two failures: when a database is back, nobody waits for long yet


async def work_off(name: str, work: Callable[[], Awaitable[int]], woken: asyncio.Event) -> None:
    """Calls `work` again at once while it finds anything to do; else when it is `woken`, or in two seconds.

    Runs until it is cancelled. A failure is logged and waited out, longer each time, whatever it is.
    """
    failures = 0
    while True:
        woken.clear()  # before it looks, so that what is written meanwhile wakes it again
        try:
            found = await work()
            failures = 0
            DONE[name] += found
        except Exception as error:  # whatever it is, it may have passed by the next time
            _check_cancelled()
            found, failures = 0, failures + 1
            FAILED[name] += 1
            stack = failures == 1 and not isinstance(error, Loggable)
            logger.warning("%s failed and will be tried again: %s", name, named(error), exc_info=stack)
        if not found:
            await _pause(failures, woken)


def _check_cancelled() -> None:
    """Raises CancelledError where that was asked for, and an error of what was then cleared up took its place."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _pause(failures: int, woken: asyncio.Event) -> None:
    """After a failure nobody cuts it short: each search and each write would ask in vain."""
    seconds = min(PAUSE * 2**failures, LONGEST_PAUSE) * uniform(0.75, 1.25)  # noqa: S311  # no secret
    if failures:
        await asyncio.sleep(seconds)
        return
    # Not by `wait_for`: before Python 3.12 it forgets that it was cancelled where it is woken in the same moment.
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await woken.wait()
