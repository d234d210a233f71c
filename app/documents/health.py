"""Which documents could not be cut, of all organizations together."""

from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import func, literal_column, select

from app.db.columns import table_of
from app.db.engine import Database
from app.db.statement import Statement, prepare
from app.documents.models import Document, DocumentStatus
from app.documents.queue import QUEUE

documents = table_of(Document)

failed = (documents.c.status == literal_column(f"'{DocumentStatus.FAILED.name}'")) & documents.c.deleted_at.is_(None)


class Failures(NamedTuple):
    """How many live documents failed, and the rows of some, the newest first."""

    amount: int
    newest: list[Any]


async def failures(database: Database) -> Failures:
    """Those that nobody has retried since."""
    async with QUEUE.transaction(database) as fetch:
        (counted,) = await fetch(_amount(), {})
        return Failures(counted["amount"], await fetch(_newest(), {}))


@lru_cache(1)
def _amount() -> Statement:
    return prepare(select(func.count().label("amount")).where(failed))


@lru_cache(1)
def _newest() -> Statement:
    columns = documents.c
    return prepare(
        select(columns.organization_id, columns.id, columns.processing_error)
        .where(failed)
        .order_by(columns.updated_at.desc(), columns.id)
        .limit(literal_column("10"))
    )
