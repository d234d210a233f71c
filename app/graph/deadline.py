"""How long a request is worked on: until its moment has come, or until nobody waits for the answer any more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar

from starlette.types import Receive

from app.errors import AppError

PATIENCE = 0.1  # seconds; most requests are answered by then, and cost no task that looks after their client


class TooLate(AppError):
    """The request took longer than the settings allow; nothing of it has happened."""

    code = "TIMEOUT"
    status = 503
    advice: ClassVar[str] = "The request took too long and was undone: ask for less, or try again."


class SentTooSlowly(TooLate):
    """The body of the request did not arrive in time: not the server was slow."""

    status = 408
    advice = "The request did not arrive in time: send its whole body at once."


class ClientGone(Exception):
    """The client hung up; nothing of its request has happened, and nobody is there to hear of it."""


@asynccontextmanager
async def until(moment: float, receive: Receive | None = None, *, late: type[TooLate] = TooLate) -> AsyncIterator[None]:
    """Ends the block at that moment of the loop's clock, with `late`.

    With what a request whose body has been read may still receive, also when its client hangs up, with ClientGone.
    What is committed is not under it: nobody could say any more whether a commit that is cut short has happened.
    """
    watch = None
    try:
        async with asyncio.timeout_at(moment) as timeout:
            watch = Watch(receive, timeout) if receive else None
            try:
                yield
            finally:
                if watch:
                    watch.stop()
    except TimeoutError as error:
        if watch and watch.client_gone:
            raise ClientGone from error
        raise late(late.advice) from error


class Watch:
    """Brings the end of `timeout` forward when the client hangs up.

    uvicorn does not cancel what it runs for a client that is gone: without this, whoever asks for something slow and
    hangs up, again and again, would soon hold every connection to the database.
    """

    def __init__(self, receive: Receive, timeout: asyncio.Timeout) -> None:
        self.client_gone = False
        self._receive = receive
        self._timeout = timeout
        self._looking: asyncio.Task[None] | None = None
        self._beginning = asyncio.get_running_loop().call_later(PATIENCE, self._begin)

    def stop(self) -> None:
        self._beginning.cancel()
        if self._looking:
            self._looking.cancel()

    def _begin(self) -> None:
        self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass  # the body of a GET, which nobody has read
        if not self._timeout.expired():
            self.client_gone = True
            self._timeout.reschedule(asyncio.get_running_loop().time())
