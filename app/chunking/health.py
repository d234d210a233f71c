"""Which documents could not be cut, of all organizations together."""

from typing import NamedTuple

from sqlalchemy import func, literal_column, select

from app.chunking.queue import QUEUE
from app.db.columns import table_of
from app.db.engine import Database
from app.db.statement import Clause, statement, statement_of
from app.documents.loaders import DOCUMENTS
from app.documents.models import Document, DocumentStatus
from app.documents.rows import DocumentRow

documents = table_of(Document)

failed = (documents.c.status == literal_column(f"'{DocumentStatus.FAILED.name}'")) & documents.c.deleted_at.is_(None)


class Failures(NamedTuple):
    """How many live documents failed, and the rows of some, the newest first."""

    amount: int
    newest: list[DocumentRow]


async def failures(database: Database) -> Failures:
    """Those that nobody has retried since."""
    async with QUEUE.transaction(database) as fetch:
        (counted,) = await fetch(_amount(), {})
        return Failures(counted["amount"], await fetch(_newest(), {}))


@statement
def _amount() -> Clause:
    return select(func.count().label("amount")).where(failed)


@statement_of(DOCUMENTS)
def _newest() -> Clause:
    columns = documents.c
    return (
        select(columns.organization_id, columns.id, columns.processing_error)
        .where(failed)
        .order_by(columns.updated_at.desc(), columns.id)
        .limit(literal_column("10"))
    )
