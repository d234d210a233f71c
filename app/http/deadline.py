"""How long a request is worked on: until its moment has come, or until nobody waits for the answer any more."""

import asyncio
from types import TracebackType
from typing import Any, ClassVar, Self

from starlette.types import Receive

from app.errors import AppError

TICK = 0.1  # seconds; most requests see one at most, and cost no task that looks after their client


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


class Watch:
    """Looks after the deadlines of a process: at all of them at once, every TICK, as long as there are any.

    Timers of its own for each request, set and then hardly ever needed, took 8 % of a small one's CPU time.
    """

    def __init__(self) -> None:
        self._deadlines: set[Deadline] = set()
        self._ticking = False

    def add(self, deadline: "Deadline") -> None:
        self._deadlines.add(deadline)
        if not self._ticking:
            self._wait()

    def remove(self, deadline: "Deadline") -> None:
        self._deadlines.discard(deadline)

    def _wait(self) -> None:
        self._ticking = True
        asyncio.get_running_loop().call_later(TICK, self._tick)

    def _tick(self) -> None:
        self._ticking = False
        moment = asyncio.get_running_loop().time()
        for deadline in tuple(self._deadlines):
            deadline.look(moment)
        if self._deadlines:
            self._wait()


class Deadline:
    """Ends a block at a moment of the loop's clock, with SentTooSlowly as long as the request has not been received.

    From then on it ends it with TooLate, or before, with ClientGone, where the client hangs up: uvicorn does not cancel
    what it runs for a client that is gone, and whoever asks for something slow and hangs up, again and again, would
    soon hold every connection to the database. It cancels the task that is in the block, as `asyncio.timeout` does.
    """

    def __init__(self, watch: Watch, moment: float) -> None:
        self._watch = watch
        self._moment = moment
        self._late: type[TooLate] = SentTooSlowly
        self._cut = False  # whether the block has been cancelled here
        self._client_gone = False
        self._task: asyncio.Task[Any]
        self._cancelling: int  # how often others had cancelled the task when it came
        self._receive: Receive | None = None
        self._takes_long = False
        self._looking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("A deadline is for a block within a task.")
        self._task, self._cancelling = task, task.cancelling()
        self._watch.add(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.lift()
        if self._cut and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise (ClientGone() if self._client_gone else self._late(self._late.advice)) from error

    def received(self, receive: Receive) -> None:
        """To be called once the request is there, with what may still come from its client."""
        self._late = TooLate
        self._receive = receive

    def lift(self) -> None:
        """From now on the block is not cut short: nobody could say of a commit that is whether it has happened."""
        self._watch.remove(self)
        if self._looking:
            self._looking.cancel()

    def look(self, moment: float) -> None:
        """Cuts the block short where it is time, and looks after the client of one that takes long."""
        if moment >= self._moment:
            self._cut_short()
        elif self._receive and self._takes_long and self._looking is None:
            self._looking = asyncio.create_task(self._look(self._receive))
        self._takes_long = self._receive is not None

    async def _look(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass  # the body of a GET, which nobody has read
        if not self._cut:
            self._client_gone = True
            self._cut_short()

    def _cut_short(self) -> None:
        self._watch.remove(self)
        self._cut = True
        self._task.cancel()
