"""How the queue does: what waits, since when, and what failed for good."""

from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import func, literal_column, select

from app.db.columns import table_of
from app.db.engine import Database
from app.db.statement import Statement, prepare
from app.indexing.transaction import embedding
from app.search.embedding_models import Model, living_models
from app.search.models import EmbeddingJob

jobs = table_of(EmbeddingJob)


class Health(NamedTuple):
    """`parked` are the rows of some texts that failed for good, the newest first; `amount_parked` says how many are."""

    models: list[Model]
    waiting: int
    oldest: datetime | None
    amount_parked: int
    parked: list[Any]


async def examine(database: Database) -> Health:
    """Of all organizations together."""
    async with embedding(database) as fetch:
        (counts,) = await fetch(_counts(), {})
        return Health(
            await living_models(fetch),
            counts["waiting"],
            counts["oldest"],
            counts["amount_parked"],
            await fetch(_parked(), {}),
        )


@lru_cache(1)
def _counts() -> Statement:
    waits = jobs.c.parked_at.is_(None)
    return prepare(
        select(
            func.count().filter(waits).label("waiting"),
            func.min(jobs.c.due_at).filter(waits).label("oldest"),
            func.count().filter(~waits).label("amount_parked"),
        )
    )


@lru_cache(1)
def _parked() -> Statement:
    columns = jobs.c
    return prepare(
        select(columns.organization_id, columns.kind, columns.subject_id, columns.error)
        .where(columns.parked_at.is_not(None))
        .order_by(columns.parked_at.desc())
        .limit(literal_column("10"))
    )
