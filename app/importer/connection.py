"""How an import reaches the database: as the server's role and as one person, held by row-level security."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import JSON, Table, bindparam, column, func, select
from sqlalchemy.dialects.postgresql import insert

from app.db.engine import LOST
from app.db.identity import ERASED, IDENTIFY
from app.db.lock import TAKE_TURN
from app.db.record import Row
from app.db.statement import Fetch, Parameters, Statement, prepare
from app.importer.events import Events
from app.refusal import Refusal

# PostgreSQL refuses COPY into tables whose row-level security holds the role. One JSON document with many rows is the
# next best: one round trip, and unlike arrays it can hold arrays.
ROWS = bindparam("rows", type_=JSON)


class DatabaseUnreachable(Refusal):
    """No connection, or one that broke."""


class TablesMissing(Refusal):
    """The database has not been migrated."""


class PersonErased(Refusal):
    """There is nobody any more as whom it could be done."""


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of its own, without the server's time limits. Raises DatabaseUnreachable and TablesMissing."""
    settings = {"application_name": "trellis import", "timezone": "UTC", "jit": "off"}
    try:
        connection = await asyncpg.connect(url, server_settings=settings)
    except (*LOST, asyncpg.PostgresError, ValueError) as error:
        raise DatabaseUnreachable(f"The database cannot be reached ({error}): check TRELLIS_DATABASE_URL") from error
    try:
        yield connection
    except (*LOST, asyncpg.QueryCanceledError) as error:
        raise DatabaseUnreachable(
            f"The connection to the database was lost ({error}): run the same command again, it goes on from there"
        ) from error
    except (asyncpg.UndefinedFunctionError, asyncpg.UndefinedTableError) as error:
        raise TablesMissing("The database lacks Trellis's tables: run `trellis migrate` first") from error
    finally:
        await connection.close()


@asynccontextmanager
async def acting(connection: asyncpg.Connection, user_id: UUID, *, alone: bool = False) -> AsyncIterator[Events]:
    """A transaction in which the database knows who is writing; `alone`, it waits for all others of that person.

    What the block notes has happened is written at its end. Raises PersonErased.
    """
    async with connection.transaction():
        if alone:  # before the identity, which is the organizations that there are at that moment
            await fetch(connection, TAKE_TURN, turn=f"trellis import {user_id}")
        try:
            await fetch(connection, IDENTIFY, user_id=user_id)
        except asyncpg.PostgresError as error:
            if error.sqlstate != ERASED:
                raise
            raise PersonErased("The person was erased at this moment: run the same command again") from error
        events = Events()
        yield events
        await events.write(fetching(connection), user_id)


async def fetch(connection: asyncpg.Connection, statement: Statement[Row], **values: Any) -> list[Row]:
    """The rows of a statement, by the names of its parameters."""
    rows: list[Row] = await connection.fetch(
        statement.text, *statement.arguments(values), record_class=statement.record
    )
    return rows


def fetching(connection: asyncpg.Connection) -> Fetch:
    """`fetch` over a connection, for what writes within a server too."""

    async def run(statement: Statement[Row], values: Parameters, /) -> list[Row]:
        return await fetch(connection, statement, **values)

    return run


def insertion(table: Table, *names: str) -> Statement:
    """Inserts `rows` with these columns, but leaves alone what is there. Answers the primary keys of the new ones."""
    given = (
        func.json_to_recordset(ROWS)
        .table_valued(*(column(name, table.c[name].type) for name in names), name="given")
        .render_derived(with_types=True)
    )
    new_rows = insert(table).from_select(names, select(*given.c), include_defaults=False)
    return prepare(new_rows.on_conflict_do_nothing().returning(*table.primary_key))


async def insert_rows(
    connection: asyncpg.Connection, statement: Statement, rows: Iterable[Parameters]
) -> Sequence[asyncpg.Record]:
    """Runs an `insertion`."""
    given = list(rows)
    if not given:
        return []
    text = orjson.dumps(given, default=str).decode()  # str for asyncpg's own class of UUIDs
    return await fetch(connection, statement, rows=text)
