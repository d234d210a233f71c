"""What nobody foresaw on the event loop: exceptions that nobody retrieved, tasks that were dropped."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def nothing_unforeseen() -> AsyncIterator[None]:
    """Whatever the block leaves behind for the event loop to complain of is a failure."""
    unforeseen: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: unforeseen.append(context))
    try:
        yield
        gc.collect()  # what nobody awaited says so when it goes
        await asyncio.sleep(0)
    finally:
        loop.set_exception_handler(None)
    assert unforeseen == []
