"""The transactions of the worker, which is nobody: it sees the queue, and the rows of one organization at a time."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select

from app.db.engine import Database
from app.db.statement import Fetch, Statement, prepare


@asynccontextmanager
async def embedding(database: Database, organization_id: UUID | None = None) -> AsyncIterator[Fetch]:
    """A transaction that is shown the whole queue, and with an organization also its rows. It is committed at the end
    of the block, and undone where that raises."""
    connection = await database.acquire()

    async def fetch(statement: Statement, values: Mapping[str, Any]) -> list[Any]:
        return await connection.fetch(statement.text, *statement.arguments(values))

    try:
        async with connection.transaction():
            await fetch(_identify(), {"organization_id": organization_id})
            yield fetch
    finally:
        database.release(connection)


@lru_cache(1)
def _identify() -> Statement:
    return prepare(select(func.trellis_embed(bindparam("organization_id", type_=Uuid))))
