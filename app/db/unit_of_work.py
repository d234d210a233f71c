"""One operation's transaction: one connection, one identity, and for a query one snapshot."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import IntEnum
from typing import Any, TypeVar

import asyncpg

from app.auth.actor import Actor
from app.db.engine import LOST, Connection, Database, DatabaseUnavailable
from app.db.identity import IDENTIFY, MEMBERSHIPS, actor_of, identifying, read_again, refuse
from app.db.record import Row
from app.db.statement import Parameters, Statement
from app.db.too_slow import TIMED_OUT, StatementTooSlow
from app.errors import AppError

MEMBERSHIPS_CHANGED = "TRL01"
ATTEMPTS = 3  # to begin: a lost connection and changed memberships can both come in the way once
ATTEMPTS_AFTER_MIGRATION = 4  # each that fails has made one connection forget what it had prepared

Answer = TypeVar("Answer")


class Collision(AppError):
    """Two operations waited for each other, and this one gave way."""

    code = "CONFLICT"
    status = 409


class NotKept(AppError):
    """A statement failed where no savepoint was around it, so that nothing of the operation could be committed."""

    code = "SERVICE_UNAVAILABLE"
    status = 503


class StatementOutdated(AppError):
    """A migration has changed the columns that a statement answers, which the connection had prepared before.

    Nothing of the operation is kept; whoever runs it again has statements that fit.
    """

    code = "SERVICE_UNAVAILABLE"
    status = 503


class OnlyReads(AppError):
    """Something was to be written with an API key that may only read."""

    code = "FORBIDDEN"
    status = 403


async def with_newer_statements(run: Callable[[], Awaitable[Answer]]) -> Answer:
    """What `run` answers, which is run again, in a transaction of its own, where a migration came in its way.

    Raises StatementOutdated where that happens again and again.
    """
    for _ in range(ATTEMPTS_AFTER_MIGRATION - 1):
        try:
            return await run()
        except StatementOutdated:
            pass
    return await run()


class Turn(IntEnum):
    """When something pending is written."""

    TEXTS = 1
    EVENTS = 2  # last: from there to the commit an organization's writers queue


class Unit:
    """The transaction of one operation, which sees only what its actor may see.

    A query reads everything as of one moment. A mutation sees what others commit meanwhile, each of its root fields can
    be undone by itself, and all of it is committed together: nobody but this module commits.
    Sibling loaders share the connection and take turns, because asyncpg refuses concurrent use. The transaction begins
    before any resolver runs: what they are told of the actor is then what the database holds at that moment.
    """

    def __init__(self, database: Database, actor: Actor, *, writes: bool = False) -> None:
        self.database = database
        self.actor = actor
        self.writes = writes
        self.pending: list[Any] = []  # what `before_commit` has still to write; undone along with a root field
        self.before_commit: dict[Turn, Callable[[], Awaitable[None]]] = {}
        self.after_commit: set[Callable[[], None]] = set()
        self.wrote = False  # whether a root field was not undone
        self.secrets: list[str] = []  # that the answer shows once: whoever keeps the answer leaves them out
        self.statements = 0
        self.rows = 0
        self.outdated: StatementOutdated | None = None  # why the operation has to be run again, whatever it answers
        self._connection: Connection | None = None
        self._spoilt: AppError | None = None  # why nothing more can be read, where that had a reason of its own
        self._cut = False  # whether a statement was cut short, and may be running yet
        self._turn = asyncio.Lock()
        self._writing = asyncio.Lock()

    async def begin(self) -> None:
        """Raises DatabaseUnavailable, CallerBusy, StatementTooSlow and SignInRefused. It may replace `actor`."""
        for attempt in range(ATTEMPTS):
            connection = await self.database.take(self.actor.payer_id)
            try:
                await connection.execute(self._opening(connection))
                self._connection = connection
                self.statements += 1
                return
            except LOST as error:
                # Nothing has been read yet, so a connection that died while idle is simply replaced.
                self.database.discard(connection)
                if attempt == ATTEMPTS - 1:
                    raise DatabaseUnavailable("The database cannot be reached: try again in a moment.") from error
            except asyncpg.PostgresError as error:
                self.database.release(connection)
                refuse(error)
                if error.sqlstate != MEMBERSHIPS_CHANGED or attempt == ATTEMPTS - 1:
                    raise
                self.actor = await self._actor_now()
            except BaseException:
                self.database.discard(connection)
                raise

    def _opening(self, connection: Connection) -> str:
        # One message in place of three round trips: the end of what the connection's last user has left open, which
        # takes their identity away with it; the beginning; the identity.
        mode = "READ COMMITTED READ WRITE" if self.writes else "REPEATABLE READ READ ONLY"
        begin = f"BEGIN ISOLATION LEVEL {mode}; {identifying(self.actor)}"
        return f"ROLLBACK; {begin}" if connection.is_in_transaction() else begin

    async def _actor_now(self) -> Actor:
        try:
            async with self.database.lent(self.actor.payer_id) as connection:
                return await read_again(connection, self.actor)
        except (*LOST, asyncpg.PostgresError) as error:
            refuse(error)
            raise

    async def fetch(self, statement: Statement[Row], values: Parameters, /) -> list[Row]:
        """The rows of `statement`. Raises DatabaseUnavailable, StatementTooSlow and OnlyReads."""
        arguments, kind = statement.arguments(values), statement.record
        try:
            rows: list[Row] = await self._speak(lambda one: one.fetch(statement.text, *arguments, record_class=kind))
        except asyncpg.ReadOnlySQLTransactionError as error:
            if not self.writes:
                raise  # a query that writes: a mistake of ours
            raise OnlyReads("This API key may only read: make one with a wider scope.") from error
        self.rows += len(rows)
        return rows

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What is written within the block is undone where it raises, and nothing else is."""
        pending, actor = list(self.pending), self.actor
        await self._say("SAVEPOINT field")
        try:
            yield
        except Exception:
            self.pending[:], self.actor = pending, actor  # the database takes its side of the identity back by itself
            await self._say("ROLLBACK TO SAVEPOINT field")
            self._spoilt = None
            raise
        await self._say("RELEASE SAVEPOINT field")
        self.wrote = True

    async def refresh_actor(self) -> None:
        """Looks anew at what a person is in their organizations: this operation, or one it waited for, changed it.

        What an API key may do depends on no membership.
        """
        if self.actor.grant is None:
            user_id = self.actor.id
            memberships = await self.fetch(MEMBERSHIPS, {"user_id": user_id})
            left = {row["organization_id"] for row in memberships}
            if any(one.organization_id not in left for one in self.pending):
                await self.write_pending()  # what was done in an organization, while it can still be written
            identified = await self.fetch(IDENTIFY, {"user_id": user_id})
            self.actor = actor_of(user_id, identified[0][0], memberships)

    async def write_pending(self) -> None:
        """Writes what is pending, for those of the operation who read it; of several at once each finds it written."""
        async with self._writing:
            for _, write in sorted(self.before_commit.items()):
                await write()

    async def commit(self) -> None:
        """Makes what was written last; until this returns, nothing has happened."""
        await self.write_pending()
        if await self._say("COMMIT") != "COMMIT":
            # PostgreSQL rolls a transaction back in which a statement failed, and calls that no error.
            raise NotKept("Nothing was written, because reading it back failed: try again.")
        connection, self._connection = self._connection, None
        if connection is not None:
            self.database.release(connection)
        for tell in self.after_commit:
            tell()

    async def _say(self, command: str) -> str:
        """What PostgreSQL says that it did."""
        return await self._speak(lambda connection: connection.execute(command))

    async def _speak(self, say: Callable[[Connection], Awaitable[Answer]]) -> Answer:
        connection = self._connection
        if connection is None:
            raise DatabaseUnavailable("The operation's transaction is not open.")
        try:
            async with self._turn:
                answer = await say(connection)
        except (*TIMED_OUT, asyncpg.DeadlockDetectedError, asyncpg.InFailedSQLTransactionError) as error:
            self._spoilt = _reason(error) or self._spoilt
            if self._spoilt is None:
                raise
            raise self._spoilt from error
        except (asyncpg.InvalidCachedStatementError, asyncpg.OutdatedSchemaCacheError) as error:
            self.outdated = StatementOutdated("The tables have just been changed: try again in a moment.")
            raise self.outdated from error
        except LOST as error:
            if isinstance(error, asyncpg.InterfaceError) and not connection.is_closed():
                raise  # a value that the driver cannot send: a mistake of ours
            raise DatabaseUnavailable("The database connection was lost: try again.") from error
        except BaseException as error:
            self._cut = True
            refuse(error)
            raise
        self.statements += 1
        return answer

    async def end(self) -> None:
        """Gives the connection back, whatever state it is in; nothing that was written and not committed stays."""
        self.before_commit.clear()  # they hold the operation, which holds its unit: a circle for the garbage collector
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if self.writes or self._cut:
            # Locks must not be held, nor anything be left running: who asked has to wait until it is undone.
            await asyncio.shield(self.database.end(connection))
        else:
            self.database.release(connection)


def _reason(error: asyncpg.PostgresError) -> AppError | None:
    """What is told of an error after which the transaction reads nothing more; None where that is all it says."""
    if isinstance(error, asyncpg.DeadlockDetectedError):
        return Collision("Somebody else was changing the same objects: try again.")
    return StatementTooSlow() if isinstance(error, TIMED_OUT) else None
