"""What waits in the database: asked when somebody wants to know, for a second or so, over a connection for it alone.

Of a queue 10,000 rows are counted at most, off an index or among those that wait, however many there are.
"""

import asyncio
from datetime import datetime
from time import perf_counter
from typing import Any

import asyncpg
from sqlalchemy import ColumnElement, ScalarSelect, Table, extract, func, literal_column, select

from app.chunking.queue import QUEUE as DOCUMENTS
from app.db.columns import table_of
from app.db.engine import LOST, Database, DatabaseUnavailable
from app.db.record import Record
from app.db.statement import Clause, Fetch, statement_as
from app.documents.models import Document
from app.exports.models import Export
from app.exports.queue import QUEUE as EXPORTS
from app.indexing.queue import QUEUE as EMBEDDINGS
from app.indexing.word_counts import due, totals
from app.metrics.lines import Lines
from app.purging.purge_job import identify_purge
from app.queues.background import background
from app.queues.lease_queue import identifying
from app.search.models import EmbeddingJob
from app.trash.models import Deletion

MOST: ColumnElement[int] = literal_column("10000")  # rows of a queue that are counted
ONE: ColumnElement[int] = literal_column("1")
LONGEST = 1.5  # seconds for all of it, the wait for the connection among them
NOBODY = {"organization_id": None}

jobs = table_of(EmbeddingJob)
documents = table_of(Document)
exports = table_of(Export)
deletions = table_of(Deletion)


async def stored(database: Database) -> dict[str, str]:
    """The lines of each metric; where the database does not answer in time, that and nothing else.

    `database` is for this alone.
    """
    started = perf_counter()
    lines = Lines()
    try:
        async with asyncio.timeout(LONGEST):
            await _ask(database, lines)
        up = 1
    except (DatabaseUnavailable, asyncpg.PostgresError, TimeoutError, *LOST):
        lines, up = Lines(), 0
    lines.number("trellis_database_up", up)
    lines.number("trellis_database_seconds", perf_counter() - started)
    return lines.texts()


async def _ask(database: Database, lines: Lines) -> None:
    """As each of those who work on a queue, one after the other: each is shown what waits for it alone."""
    async with background(database, identifying(EMBEDDINGS)) as fetch:
        (texts,) = await fetch(_texts(), {})
        _queue(lines, "embeddings", texts)
        lines.number("trellis_queue_parked", texts.parked, queue="embeddings")
        lines.number("trellis_queue_waiting", texts.word_counts, queue="word_counts")
        await fetch(identifying(DOCUMENTS), NOBODY)
        _queue(lines, "documents", await _one(fetch, _documents()))
        await fetch(identifying(EXPORTS), NOBODY)
        _queue(lines, "exports", await _one(fetch, _exports()))
        await fetch(identify_purge(), NOBODY)
        over = await _one(fetch, _deletions())
        lines.number("trellis_purge_due", over.waiting)
        lines.number("trellis_purge_overdue_seconds", over.oldest)


async def _one(fetch: Fetch, asked: Any) -> "Waiting":
    (row,) = await fetch(asked, {})
    waiting: Waiting = row
    return waiting


class Waiting(Record):
    """`oldest` is for how many seconds the first has waited."""

    waiting: int
    oldest: float


class Texts(Waiting):
    waiting: int
    oldest: float
    parked: int
    word_counts: int


def _queue(lines: Lines, name: str, found: Waiting) -> None:
    lines.number("trellis_queue_waiting", found.waiting, queue=name)
    lines.number("trellis_queue_oldest_seconds", found.oldest, queue=name)


@statement_as(Texts)
def _texts() -> Clause:
    """A text has waited since it was first queued, whatever has become of it since."""
    waits = jobs.c.parked_at.is_(None)
    return select(
        _amount(jobs, waits).label("waiting"),
        _age(select(func.min(jobs.c.waiting_since)).where(waits).scalar_subquery()).label("oldest"),
        _given_up().label("parked"),
        _amount(totals, due).label("word_counts"),
    )


def _given_up() -> ScalarSelect[int]:
    """Among those that are parked; the others have nothing to embed."""
    some = select(jobs.c.error).where(jobs.c.parked_at.is_not(None)).limit(MOST).subquery()
    return select(func.count(some.c.error)).scalar_subquery()


@statement_as(Waiting)
def _documents() -> Clause:
    """A document has waited since it was last changed: that is what there is to be cut."""
    return _waiting(documents, DOCUMENTS.waits, documents.c.updated_at)


@statement_as(Waiting)
def _exports() -> Clause:
    return _waiting(exports, EXPORTS.waits, exports.c.created_at)


@statement_as(Waiting)
def _deletions() -> Clause:
    return _waiting(deletions, deletions.c.purge_at <= func.now(), deletions.c.purge_at)


def _waiting(table: Table, waits: ColumnElement[bool], since: ColumnElement[datetime]) -> Clause:
    some = select(since.label("since")).select_from(table).where(waits).limit(MOST).subquery()
    return select(func.count().label("waiting"), _age(func.min(some.c.since)).label("oldest"))


def _amount(table: Table, waits: ColumnElement[bool]) -> ScalarSelect[int]:
    some = select(ONE).select_from(table).where(waits).limit(MOST).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def _age(since: ColumnElement[datetime]) -> ColumnElement[float]:
    seconds = extract("epoch", func.now() - since)
    return func.coalesce(seconds, literal_column("0.0"))
