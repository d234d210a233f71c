"""How long a request is worked on: until its moment has come, or until nobody waits for the answer any more."""

import asyncio
from types import TracebackType
from typing import ClassVar, Self

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


class Deadline:
    """Ends a block at a moment of the loop's clock, with SentTooSlowly as long as the request has not been received.

    From then on it ends it with TooLate, or before, with ClientGone, where the client hangs up: uvicorn does not cancel
    what it runs for a client that is gone, and whoever asks for something slow and hangs up, again and again, would
    soon hold every connection to the database.
    """

    def __init__(self, moment: float) -> None:
        self._timeout = asyncio.timeout_at(moment)
        self._late: type[TooLate] = SentTooSlowly
        self._client_gone = False
        self._receive: Receive
        self._beginning: asyncio.TimerHandle | None = None
        self._looking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop_looking()
        try:
            await self._timeout.__aexit__(kind, error, traceback)
        except TimeoutError as timeout:
            if self._client_gone:
                raise ClientGone from timeout
            raise self._late(self._late.advice) from timeout

    def received(self, receive: Receive) -> None:
        """To be called once the request is there, with what may still come from its client."""
        self._late = TooLate
        self._receive = receive
        self._beginning = asyncio.get_running_loop().call_later(PATIENCE, self._begin_looking)

    def lift(self) -> None:
        """From now on the block is not cut short: nobody could say of a commit that is whether it has happened."""
        self._stop_looking()
        self._timeout.reschedule(None)

    def _begin_looking(self) -> None:
        self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass  # the body of a GET, which nobody has read
        if not self._timeout.expired():
            self._client_gone = True
            self._timeout.reschedule(asyncio.get_running_loop().time())

    def _stop_looking(self) -> None:
        if self._beginning:
            self._beginning.cancel()
        if self._looking:
            self._looking.cancel()
