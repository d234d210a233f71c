"""The transactions of the worker, which is nobody: it sees the queue, and the rows of one organization at a time."""

from contextlib import AbstractAsyncContextManager
from functools import lru_cache
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select

from app.db.background import background
from app.db.engine import Database
from app.db.statement import Fetch, Statement, prepare


def embedding(database: Database, organization_id: UUID | None = None) -> AbstractAsyncContextManager[Fetch]:
    """A transaction that is shown the whole queue, and with an organization also its rows."""
    return background(database, _identify(), organization_id)


@lru_cache(1)
def _identify() -> Statement:
    return prepare(select(func.trellis_embed(bindparam("organization_id", type_=Uuid))))
