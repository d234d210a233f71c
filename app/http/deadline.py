"""How long a request is worked on: until its moment has come, or until nobody waits for the answer any more."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, ClassVar, Self
from uuid import UUID

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


class NoTurn(TooLate):
    """The operation was allowed to take longer, and others were at it."""

    advice = "Other large deletions are under way, so this one had no more time and was undone: try again in a minute."


class ClientGone(Exception):
    """The client hung up; nothing of its request has happened, and nobody is there to hear of it."""


class Turns:
    """Who takes longer than the `usual` seconds of a request: up to `longest`, `most` at once, and one of each caller.

    Each holds a connection all the while. Most of the pool is for the requests of others, whoever deletes whatever.
    """

    def __init__(self, *, usual: float, longest: float, most: int) -> None:
        self.usual = usual
        self.longest = longest
        self.most = most
        self._callers: set[UUID | None] = set()

    def take(self, caller: UUID | None) -> bool:
        """Whether there is a turn, which is the caller's until it is given back."""
        if caller in self._callers or len(self._callers) >= self.most:
            return False
        self._callers.add(caller)
        return True

    def give_back(self, caller: UUID | None) -> None:
        self._callers.discard(caller)


class Claim:
    """What one request may still ask of the turns: more time, until it has taken the longest that there is."""

    def __init__(self, turns: Turns, caller: UUID | None, until: float) -> None:
        self.turns = turns
        self.caller = caller
        self.until = until
        self.taken = False

    def take(self) -> bool:
        self.taken = self.taken or self.turns.take(self.caller)
        return self.taken

    def end(self) -> None:
        if self.taken:
            self.turns.give_back(self.caller)


class Watch:
    """Looks after the deadlines of a process, those that may be moved among them: at all of them at once, every TICK,
    as long as there are any.

    Timers of its own for each request, set and then hardly ever needed, took 8 % of a small one's CPU time.
    """

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
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
        self._caller: UUID | None = None
        self._takes_long = False
        self._looking: asyncio.Task[None] | None = None
        self._claim: Claim | None = None
        self._may_take_long = False

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
        if self._claim:
            self._claim.end()
        if self._cut and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise (ClientGone() if self._client_gone else self._late(self._late.advice)) from error

    def received(self, receive: Receive, caller: UUID | None = None) -> None:
        """To be called once the request is there, with what may still come from its client, and who is signed in."""
        self._late = TooLate
        self._caller = caller
        self._receive = receive

    @contextmanager
    def extensible(self) -> Iterator[float]:
        """Within the block the request goes on when its moment has come, if there is a turn for it: so what is quickly
        done never needs one. Yields how many seconds that may be. What is left after the block has as long as any
        request."""
        loop, turns = asyncio.get_running_loop(), self._watch.turns
        if self._claim is None:
            self._claim = Claim(turns, self._caller, self._moment + turns.longest - turns.usual)
        self._may_take_long = True
        try:
            yield turns.longest
        finally:
            self._may_take_long = False
            self._moment = min(self._moment, loop.time() + turns.usual)

    def lift(self) -> None:
        """From now on the block is not cut short: nobody could say of a commit that is whether it has happened."""
        self._watch.remove(self)
        if self._looking:
            self._looking.cancel()

    def look(self, moment: float) -> None:
        """Cuts the block short where it is time, and looks after the client of one that takes long."""
        if moment >= self._moment and not self._go_on(moment):
            self._cut_short()
        elif self._receive and self._takes_long and self._looking is None:
            self._looking = asyncio.create_task(self._look(self._receive))
        self._takes_long = self._receive is not None

    def _go_on(self, moment: float) -> bool:
        """Whether the request may take longer, and has a turn to."""
        claim = self._claim
        if claim is None or not self._may_take_long or moment >= claim.until:
            return False
        if not claim.take():
            self._late = NoTurn
            return False
        self._moment = claim.until
        return True

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
