"""The transactions of the server's own work, with nobody signed in: what they see is for a function to say."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
from sqlalchemy import ColumnElement, literal_column, select

from app.db.columns import Expression
from app.db.engine import LOST, Database, DatabaseUnavailable
from app.db.record import Record, Row
from app.db.statement import Fetch, Parameters, Statement, prepare

# What is due is a small part of everybody's rows, and what the statistics say of it is of a time when it was another.
# So it is looked up in indexes, whatever they say.
BY_INDEXES: tuple[ColumnElement[str], ...] = (
    literal_column("set_config('enable_seqscan', 'off', true)"),
    literal_column("set_config('enable_bitmapscan', 'off', true)"),
)
# What `pg_stat_activity` calls it: to an operator it is nobody's request.
NAME: ColumnElement[str] = literal_column("set_config('application_name', 'trellis background', true)")


def identified_by(function: Expression) -> Statement[Record]:
    """Begins a transaction of `background`: it is shown what the call of a function in the database shows it."""
    return prepare(select(function, NAME, *BY_INDEXES))


@asynccontextmanager
async def background(
    database: Database, identify: Statement, organization_id: UUID | None = None
) -> AsyncIterator[Fetch]:
    """A transaction as what `identify` makes of it, told the organization whose rows are wanted, if any.

    It is committed at the end of the block, and undone where that raises.
    """
    async with database.lent() as connection, connection.transaction():

        async def fetch(statement: Statement[Row], values: Parameters, /) -> list[Row]:
            arguments = statement.arguments(values)
            rows: list[Row] = await connection.fetch(statement.text, *arguments, record_class=statement.record)
            return rows

        await fetch(identify, {"organization_id": organization_id})
        yield fetch


def is_away(error: BaseException) -> bool:
    """Whether it says that the database cannot be reached, and not that it refused what it was told."""
    return isinstance(error, (DatabaseUnavailable, *LOST))


def is_busy(error: BaseException) -> bool:
    """Whether it says that others write in the organization just now, which is no fault of what was worked on."""
    return isinstance(error, (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError))
