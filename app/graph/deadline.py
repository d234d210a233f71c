"""The moment by which a request must have been read and run."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.errors import AppError


class TooLate(AppError):
    """The request took longer than the settings allow; nothing of it has happened."""

    code = "TIMEOUT"
    status = 503


@asynccontextmanager
async def until(moment: float) -> AsyncIterator[None]:
    """Ends the block at that moment of the loop's clock, with TooLate.

    What is committed is not under it: nobody could say any more whether a commit that is cut short has happened.
    """
    try:
        async with asyncio.timeout_at(moment):
            yield
    except TimeoutError as error:
        raise TooLate("The request took too long and was undone: ask for less, or try again.") from error
