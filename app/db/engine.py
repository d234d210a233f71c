"""The pool of connections to PostgreSQL, and what its failures are called."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Self, TypeAlias

import asyncpg

from app.config import Settings
from app.db.admission import Admission, Caller
from app.db.record import Record
from app.errors import AppError
from app.time_limits import IDLE_IN_TRANSACTION, ROLLBACK, WorkLimits, milliseconds

Connection: TypeAlias = "asyncpg.Connection[Record]"  # not generic when it runs

# What asyncpg and the operating system say of a server that is away, going or coming.
LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.DatabaseDroppedError,
    asyncpg.exceptions.ConnectionDoesNotExistError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that heard of the server's end while nobody asked it anything
    ConnectionError,
    OSError,
)
UNREACHABLE = "The database cannot be reached: try again in a moment."
RETRY_AFTER = 0.05  # seconds between two attempts to connect: a restart of PostgreSQL takes some tenths
REST = 0.01  # seconds that a transaction which only read may stay open after its operation


class DatabaseUnavailable(AppError):
    """No connection could be had in time, or the one in use broke."""

    code = "SERVICE_UNAVAILABLE"
    status = 503


class Database:
    """The connections of one process: `size` at most, opened when there is nobody to take over from.

    One caller has half of them at most, and where several wait they take turns (`admission`). None for a caller is the
    server itself, which may have all.

    Connections are given back as they are, and who gets one next begins by ending what was open on it: a round trip
    less for each operation. Nothing is left open for long: after REST, what nobody has taken over is ended.
    """

    def __init__(self, connect: Callable[[], Awaitable[Connection]], *, size: int, limits: WorkLimits) -> None:
        self.connect = connect
        self.size = size
        self.limits = limits
        self.opened = 0  # connections, those that are being opened among them
        self._free: list[Connection] = []  # the one used last is used next, so that few are used at all
        self.admission = Admission(size)
        self._holders: dict[Connection, Caller] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    def open(cls, settings: Settings, limits: WorkLimits | None = None, *, size: int | None = None) -> Self:
        """Connects when it is first asked: a server may start before its database does. It is for requests where
        nothing else is said."""
        within = settings.work_limits if limits is None else limits

        async def connect() -> Connection:
            return await asyncpg.connect(
                settings.database_url,
                statement_cache_size=500,
                record_class=Record,
                server_settings={
                    "application_name": "trellis",
                    "timezone": "UTC",
                    "jit": "off",  # compiling costs more than any of our statements takes
                    # The plan that the tests have looked at is the plan that runs, whatever the values, and is made
                    # once.
                    "plan_cache_mode": "force_generic_plan",
                    "statement_timeout": milliseconds(within.statement),
                    "lock_timeout": milliseconds(within.lock),
                    "idle_in_transaction_session_timeout": milliseconds(IDLE_IN_TRANSACTION),
                },
            )

        return cls(connect, size=settings.pool_size if size is None else size, limits=within)

    @property
    def busy(self) -> int:
        """How many connections are in somebody's hands."""
        return self.opened - len(self._free)

    async def close(self) -> None:
        """Closes what is free; what is still in somebody's hands closes when they give it back."""
        self.size = 0
        if self._timer:
            self._timer.cancel()
        await asyncio.gather(*self._ending)
        free, self._free = self._free, []
        self.opened -= len(free)
        await asyncio.gather(*(connection.close(timeout=ROLLBACK) for connection in free), return_exceptions=True)

    async def acquire(self, caller: Caller = None) -> Connection:
        """A connection with nothing open on it; raises DatabaseUnavailable and CallerBusy."""
        connection = await self.take(caller)
        if connection.is_in_transaction() and not await self._ended(connection):
            return await self.acquire(caller)
        return connection

    async def take(self, caller: Caller = None) -> Connection:
        """A connection as its last user left it, perhaps within a transaction.

        Raises DatabaseUnavailable, and CallerBusy where it is the caller's own requests that hold what they wait for.
        """
        while self._free and self.admission.admits(caller):
            connection = self._free.pop()
            if not connection.is_closed():
                self.admission.enter(caller)
                self._holders[connection] = caller
                return connection
            self.opened -= 1
        deadline = asyncio.get_running_loop().time() + self.limits.connection
        given = await self._wait(caller, deadline) or await self._open(caller, deadline)
        self._holders[given] = caller
        return given

    async def _wait(self, caller: Caller, deadline: float) -> "Connection | None":
        """The next connection that is given back; None is leave to open one."""
        if self.opened < self.size and self.admission.admits(caller):
            self.opened += 1
            self.admission.enter(caller)
            return None
        with self.admission.queueing(caller) as turn:
            try:
                async with asyncio.timeout_at(deadline):
                    return await turn
            except BaseException as error:
                # Given up just when it was this one's turn: then it is the next one's.
                if turn.done() and not turn.cancelled():
                    self._give(turn.result(), caller)
                if isinstance(error, TimeoutError):
                    raise self._refusal(caller) from error
                raise

    def _refusal(self, caller: Caller) -> AppError:
        if not self.admission.admits(caller):
            return self.admission.refusal()
        return DatabaseUnavailable("All database connections are busy: try again in a moment.")

    async def _open(self, caller: Caller, deadline: float) -> Connection:
        try:
            return await self._connected(deadline)
        except BaseException:
            self._give(None, caller)
            raise

    async def _connected(self, deadline: float) -> Connection:
        loop = asyncio.get_running_loop()
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    return await self.connect()
            except LOST as error:
                if loop.time() + RETRY_AFTER > deadline:
                    raise DatabaseUnavailable(UNREACHABLE) from error
                await asyncio.sleep(RETRY_AFTER)
            except asyncpg.PostgresError as error:  # of a wrong password, role or database: no moment mends that
                raise DatabaseUnavailable(UNREACHABLE) from error

    @asynccontextmanager
    async def lent(self, caller: Caller = None) -> AsyncIterator[Connection]:
        """A connection for the time of the block, with nothing open on it; raises DatabaseUnavailable and CallerBusy.

        Where the block is cut short nobody gets the connection again: asyncpg would go on believing in a transaction
        whose BEGIN was cancelled, and make each later one of it a savepoint of that.
        """
        connection = await self.acquire(caller)
        try:
            yield connection
        except (asyncpg.PostgresError, AppError):
            self.release(connection)
            raise
        except BaseException:
            self.discard(connection)
            raise
        self.release(connection)

    def release(self, connection: Connection) -> None:
        """Gives a connection back, which may be within a transaction; nothing may be running on it."""
        caller = self._holders.pop(connection)
        if connection.is_closed():
            self._give(None, caller)
            return
        open_ended = connection.is_in_transaction()
        self._give(connection, caller)
        if open_ended and self._timer is None and self.size:
            self._timer = asyncio.get_running_loop().call_later(REST, self._end_all)

    def discard(self, connection: Connection) -> None:
        """Gives a connection back that nobody may use again, whatever state it is in."""
        connection.terminate()
        self._give(None, self._holders.pop(connection))

    def _give(self, connection: "Connection | None", caller: Caller) -> None:
        """From the caller to whose turn it is: a connection, or leave to open one."""
        self.admission.leave(caller)
        if self.admission.call(connection):
            return
        if connection is not None and self.size:
            self._free.append(connection)
            return
        self.opened -= 1
        if connection is not None:
            connection.terminate()

    def _end_all(self) -> None:
        self._timer = None
        free, self._free = self._free, []
        for connection in free:
            if connection.is_in_transaction():
                self.admission.enter(None)
                self._holders[connection] = None
                ending = asyncio.create_task(self.end(connection))
                self._ending.add(ending)
                ending.add_done_callback(self._ending.discard)
            else:
                self._free.append(connection)

    async def end(self, connection: Connection) -> None:
        """Gives a connection back once what was open or even running on it has been undone."""
        if await self._ended(connection):
            self._give(connection, self._holders.pop(connection))

    async def _ended(self, connection: Connection) -> bool:
        """Whether what was open could be undone; a connection that cannot even do that is thrown away."""
        try:
            await connection.execute("ROLLBACK", timeout=ROLLBACK)
        except (*LOST, asyncpg.PostgresError, TimeoutError):
            self.discard(connection)
            return False
        except BaseException:
            self.discard(connection)
            raise
        return True
