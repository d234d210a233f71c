"""Whether a server may be sent requests: PostgreSQL answers, and `trellis migrate` has been there."""

import asyncio

import asyncpg

from app.db.engine import LOST, Database, DatabaseUnavailable


async def require_ready(database: Database) -> None:
    """Raises DatabaseUnavailable with what is missing, after the time that a connection may be waited for at most."""
    try:
        async with asyncio.timeout(database.limits.connection), database.lent() as connection:
            await connection.execute("SELECT FROM alembic_version")
    except asyncpg.UndefinedTableError as error:
        raise DatabaseUnavailable("The database lacks Trellis's tables: run `trellis migrate`.") from error
    except (*LOST, asyncpg.PostgresError, TimeoutError) as error:
        raise DatabaseUnavailable("The database does not answer: try again in a moment.") from error
