"""Removing answers that are too old for a retry."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, any_, bindparam, delete, func, literal_column, select

from app.db.columns import now, table_of
from app.db.statement import Clause, Fetch, statement
from app.idempotency.models import IdempotencyKey
from app.idempotency.replay import REMEMBERED

FIRST = datetime(1, 1, 1, tzinfo=UTC)
BATCH = 1000  # answers; their locks are held for some milliseconds

keys = table_of(IdempotencyKey)


async def remove_old(fetch: Fetch, after: datetime = FIRST) -> list[datetime]:
    """Removes up to 1,000 of those since `after`, the oldest first; answers from when each was.

    Whoever goes on where the last batch ended does not read once more, in the index, all that is gone already.
    """
    rows = await fetch(_remove(), {"after": after, "before": now() - REMEMBERED})
    return [row["created_at"] for row in rows]


@statement
def _remove() -> Clause:
    """By the times of those that it could lock, at which there are hardly any others: joined by their keys, all that
    are too old may be gone through for each of them."""
    after, before = (bindparam(name, type_=DateTime(timezone=True)) for name in ("after", "before"))
    old = (
        select(keys.c.created_at)
        .where(keys.c.created_at >= after, keys.c.created_at < before)
        .order_by(keys.c.created_at)
        .limit(literal_column(str(BATCH)))
        .with_for_update(skip_locked=True)
    )
    return delete(keys).where(keys.c.created_at == any_(func.array(old.scalar_subquery()))).returning(keys.c.created_at)
