"""Removing exports whose time is over, with their files."""

from sqlalchemy import delete, func, literal_column, select, tuple_

from app.db.statement import Clause, Fetch, statement
from app.exports.loaders import exports


async def remove_expired(fetch: Fetch) -> int:
    """Removes one of them, in a transaction of the purge; how many it were."""
    return len(await fetch(_remove(), {}))


@statement
def _remove() -> Clause:
    expired = (
        select(exports.c.organization_id, exports.c.id)
        .where(exports.c.expires_at <= func.now())
        .limit(literal_column("1"))
        .with_for_update(skip_locked=True)
    )
    return delete(exports).where(tuple_(exports.c.organization_id, exports.c.id).in_(expired)).returning(exports.c.id)
