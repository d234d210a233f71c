"""Whose turn it is at the pool: callers take turns, and none holds more than their share of the connections."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import ClassVar, NamedTuple, TypeAlias

import asyncpg

from app.config import IN_FLIGHT_PER_CONNECTION
from app.counting import Histogram
from app.db.record import Record
from app.errors import AppError

# A person's or an API key's id, or the address of somebody who is not signed in yet. None is the server itself.
Caller: TypeAlias = Hashable
Given: TypeAlias = "asyncpg.Connection[Record] | None"  # a connection, or leave to open one
Turn: TypeAlias = "asyncio.Future[Given]"

WAITS = (0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0)  # seconds
LONGEST_LINE = 100  # of one caller, where ten for each connection are not more: a flood takes no memory


class Crowd(NamedTuple):
    """How many connections some hold, how many they wait for, and how long those waited that were not served at once,
    in seconds, whether or not they got one."""

    held: int
    waiting: int
    waited: Histogram


class CallerBusy(AppError):
    """The caller holds their share of the connections, and waits for more of them."""

    code = "RATE_LIMITED"
    status = 429
    wait: ClassVar[int] = 1  # seconds

    def __init__(self, share: int) -> None:
        message = f"Your other requests hold all of the {share} database connections that you may have: wait for one."
        super().__init__(message, retryAfter=self.wait)


class Admission:
    """Counts what each caller holds, and keeps a line for each that waits.

    While a connection is free, nobody waits but who holds their share. So a connection that comes back goes to one who
    waits, or to nobody; and it takes a look at two callers at most to find out, however many wait.
    """

    def __init__(self, size: int) -> None:
        """`size` is how many connections there are. Half of them are one caller's share, so that the rest are there
        for others: three of five."""
        self.share = (size + 1) // 2
        self._longest_line = max(LONGEST_LINE, IN_FLIGHT_PER_CONNECTION * size)
        self._held: dict[Caller, int] = {}
        self._lines: OrderedDict[Caller, deque[Turn]] = OrderedDict()  # the one whose turn it is comes first
        self.refused = 0  # callers, by `refusal`
        self._waited = {True: Histogram(WAITS), False: Histogram(WAITS)}

    def admits(self, caller: Caller) -> bool:
        """Whether the caller may have one more."""
        return self._held.get(caller, 0) < self.share or caller is None

    def enter(self, caller: Caller) -> None:
        """Notes that the caller holds one more."""
        self._held[caller] = self._held.get(caller, 0) + 1

    def leave(self, caller: Caller) -> None:
        """Notes that the caller holds one less."""
        left = self._held.pop(caller) - 1
        if left:
            self._held[caller] = left

    @contextmanager
    def queueing(self, caller: Caller) -> Iterator[Turn]:
        """A place in the caller's line for the time of the block; raises CallerBusy where that is long already."""
        line = self._lines.setdefault(caller, deque())
        if len(line) >= self._longest_line and caller is not None:
            raise self.refusal()
        loop = asyncio.get_running_loop()
        turn: Turn = loop.create_future()
        started = loop.time()
        line.append(turn)
        try:
            yield turn
        finally:
            self._waited[caller is None].observe(loop.time() - started)
            line.remove(turn)
            if not line:
                del self._lines[caller]

    def refusal(self) -> CallerBusy:
        """What a caller is told who holds their share, or waits too often; it is counted."""
        self.refused += 1
        return CallerBusy(self.share)

    def call(self, connection: "Given") -> bool:
        """Gives a connection, or leave to open one, to the caller whose turn it is; whether anybody took it."""
        for caller, line in self._lines.items():
            turn = next((one for one in line if not one.done()), None) if self.admits(caller) else None
            if turn is not None:
                self._lines.move_to_end(caller)
                self.enter(caller)
                turn.set_result(connection)
                return True
        return False

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(len(line) for line in self._lines.values())

    def crowd(self, *, server: bool) -> Crowd:
        """How it goes for the server's own work, or for callers."""
        return Crowd(
            sum(amount for caller, amount in self._held.items() if (caller is None) is server),
            sum(len(line) for caller, line in self._lines.items() if (caller is None) is server),
            self._waited[server],
        )
