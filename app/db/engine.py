"""The pool of connections to PostgreSQL, and what its failures are called."""

import asyncio
from typing import Any, Self, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from app.config import Settings
from app.errors import AppError

Connection: TypeAlias = "PoolConnectionProxy[Any]"  # not generic when it runs

# What asyncpg and the operating system say of a server that is away, going or coming.
LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.ConnectionDoesNotExistError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that heard of the server's end while nobody asked it anything
    ConnectionError,
    OSError,
)
RETRY_AFTER = 0.05  # seconds between two attempts to connect: a restart of PostgreSQL takes some tenths


class DatabaseUnavailable(AppError):
    """No connection could be had in time, or the one in use broke."""

    code = "SERVICE_UNAVAILABLE"
    status = 503


class Record(asyncpg.Record):
    """A row whose columns are attributes too; `typename` is the GraphQL type it is a row of."""

    typename = ""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


async def _keep(_connection: object) -> None:
    """In place of asyncpg's reset (0.2 ms): each transaction ends before release and leaves no setting behind."""


def is_broken(connection: Connection) -> bool:
    """Whether nothing can be said over it any more; one that broke is the pool's again, and then refuses to tell."""
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        return True


class Database:
    """The connections of one process."""

    def __init__(self, pool: "asyncpg.Pool[Any]", timeout: float) -> None:
        self.pool = pool
        self.timeout = timeout

    @classmethod
    async def open(cls, settings: Settings) -> Self:
        """A pool that connects when it is first asked: a server may start before its database does."""
        pool = asyncpg.create_pool(
            settings.database_url,
            min_size=0,
            max_size=settings.pool_size,
            max_inactive_connection_lifetime=300,
            statement_cache_size=500,
            record_class=Record,
            reset=_keep,
            server_settings={
                "application_name": "trellis",
                "timezone": "UTC",
                "jit": "off",  # compiling costs more than any of our statements takes
                # The plan that the tests have looked at is the plan that runs, whatever the values, and is made once.
                "plan_cache_mode": "force_generic_plan",
                "statement_timeout": str(int(settings.statement_timeout * 1000)),
                "lock_timeout": str(int(settings.lock_timeout * 1000)),
                "idle_in_transaction_session_timeout": "60s",
            },
        )
        await pool
        return cls(pool, settings.pool_timeout)

    async def close(self) -> None:
        await self.pool.close()

    async def acquire(self) -> Connection:
        """A connection for one operation; raises DatabaseUnavailable when none comes in time."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.timeout
        while True:
            try:
                return await self.pool.acquire(timeout=max(deadline - loop.time(), RETRY_AFTER))
            except TimeoutError as error:
                raise DatabaseUnavailable("All database connections are busy: try again in a moment.") from error
            except LOST as error:
                if loop.time() + RETRY_AFTER > deadline:
                    raise DatabaseUnavailable("The database cannot be reached: try again in a moment.") from error
                await asyncio.sleep(RETRY_AFTER)

    async def release(self, connection: Connection) -> None:
        await self.pool.release(connection)

    async def discard(self, connection: Connection) -> None:
        """Gives a connection back that nobody may use again, whatever state it is in."""
        try:
            connection.terminate()
        except asyncpg.InterfaceError:
            return  # it broke, and then the pool takes it back by itself
        await self.pool.release(connection)
