"""How the queue does: what waits, since when, and what failed for good."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Interval, bindparam, func, literal_column, select

from app.db.columns import table_of
from app.db.engine import Database
from app.db.record import Record
from app.db.statement import Clause, statement, statement_as
from app.indexing.queue import embedding
from app.search.embedding_models import Model, living_models
from app.search.models import EmbeddingJob

jobs = table_of(EmbeddingJob)

FAILED = jobs.c.parked_at.is_not(None) & jobs.c.error.is_not(None)  # without one there is nothing to embed
LATE = timedelta(minutes=5)  # what waits for so long waits for a server, or for a model


class Parked(Record):
    """A text that failed for good."""

    organization_id: UUID
    kind: str
    subject_id: UUID
    error: str


class Counted(Record):
    waiting: int
    oldest: datetime | None
    failing: int
    error: str | None
    amount_parked: int


class Health(NamedTuple):
    """`oldest` is since when searches have lacked a text as it is; `failing` waits and has failed before, as with
    `error`. `parked` are the rows of some texts that failed for good, the newest first, of `amount_parked`."""

    models: list[Model]
    waiting: int
    oldest: datetime | None
    failing: int
    error: str | None
    amount_parked: int
    parked: list[Parked]


async def examine(database: Database) -> Health:
    """Of all organizations together."""
    async with embedding(database) as fetch:
        (counts,) = await fetch(_counts(), {})
        return Health(
            await living_models(fetch),
            counts.waiting,
            counts.oldest,
            counts.failing,
            counts.error,
            counts.amount_parked,
            await fetch(_parked(), {}),
        )


@statement_as(Counted)
def _counts() -> Clause:
    waits = jobs.c.parked_at.is_(None)
    return select(
        func.count().filter(waits).label("waiting"),
        func.min(jobs.c.waiting_since).filter(waits).label("oldest"),
        func.count(jobs.c.error).filter(waits).label("failing"),
        func.max(jobs.c.error).filter(waits).label("error"),
        func.count().filter(FAILED).label("amount_parked"),
    )


async def late_organizations(database: Database) -> set[UUID]:
    """Those in which searches have lacked a text for longer than LATE."""
    async with embedding(database) as fetch:
        return {row["organization_id"] for row in await fetch(_late(), {"late": LATE})}


@statement
def _late() -> Clause:
    before = func.now() - bindparam("late", type_=Interval)
    waits = jobs.c.parked_at.is_(None) & (jobs.c.waiting_since < before)
    return select(jobs.c.organization_id).where(waits).distinct()


@statement_as(Parked)
def _parked() -> Clause:
    columns = jobs.c
    return (
        select(columns.organization_id, columns.kind, columns.subject_id, columns.error)
        .where(FAILED)
        .order_by(columns.parked_at.desc())
        .limit(literal_column("10"))
    )
