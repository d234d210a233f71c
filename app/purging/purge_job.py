"""Purging what is past its time in all organizations, beside requests and beside other servers that do the same."""

import asyncio
import logging
from collections import Counter
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import lru_cache
from random import uniform
from uuid import UUID

import asyncpg
from sqlalchemy import Uuid, bindparam, func, select

from app.db.analyze import analyze
from app.db.columns import table_of
from app.db.engine import Database
from app.db.statement import Clause, Fetch, Statement, statement_of
from app.events.models import EventType
from app.events.record import Happened, append
from app.exports.expire import remove_expired
from app.idempotency.expire import FIRST, keys, remove_old
from app.organizations.models import Organization
from app.purging.purge import REMOVED, Purged, purge_batch
from app.queues.background import background, identified_by
from app.trash.loaders import DELETIONS
from app.trash.rows import DeletionRow

logger = logging.getLogger("trellis")

PAUSE = 3600.0  # seconds between two runs of a server
FIRST_PAUSE = 60.0  # seconds before the first, at most: servers and workers that start together take turns

deletions = DELETIONS.table
organizations = table_of(Organization)


async def purge_regularly(database: Database) -> None:
    """Purges once an hour until it is cancelled; what fails is logged and tried again an hour later.

    Statistics are refreshed after that, of what nobody has filled, too: a database comes without any from pg_upgrade.
    """
    await asyncio.sleep(uniform(0, FIRST_PAUSE))  # noqa: S311  # no secret
    while True:
        try:
            await purge_due(database)
            async with database.lent() as connection:
                await analyze(connection)
        except Exception:  # whatever it is, the next hour may be better
            logger.exception("the purge failed and will be tried again in an hour")
        await asyncio.sleep(PAUSE)


async def purge_due(database: Database) -> Counter[str]:
    """Purges all that is past its time, each batch in a transaction of its own; answers how many rows of each table.

    What another run is at, or somebody locks for too long, is left to the next one.
    """
    counts: Counter[str] = Counter()
    async with _purging(database) as fetch:
        due = await fetch(_due(), {})
    for row in due:
        try:
            while purged := await _purge_batch(database, row.organization_id, row.id):
                counts[purged.table.name] += len(purged.ids)
        except asyncpg.PostgresError:
            logger.warning("deletion %s could not be purged and will be tried again", row.id, exc_info=True)
    forgotten = FIRST
    while removed := await _forget_answers(database, forgotten):
        counts[keys.name] += len(removed)
        REMOVED[keys.name] += len(removed)
        forgotten = max(removed)
    while amount := await _remove_export(database):
        counts["exports"] += amount
        REMOVED["exports"] += amount
    return counts


async def _purge_batch(database: Database, organization_id: UUID, deletion_id: UUID) -> Purged | None:
    """One batch of one deletion; None when nothing is left of it, or another run is at it."""
    async with _purging(database, organization_id) as fetch:
        claimed = await fetch(_claim(), {"organization_id": organization_id, "id": deletion_id})
        purged = await purge_batch(fetch, claimed[0]) if claimed else None
        if purged is not None and purged.table is not organizations:
            await _record(fetch, claimed[0], purged)
        return purged


async def _record(fetch: Fetch, deletion: DeletionRow, purged: Purged) -> None:
    happened = [
        Happened(deletion.organization_id, EventType.PURGED, deletion.subject_type, one, {})
        for one in purged.ids
        if one in deletion.subject_ids
    ]
    happened += purged.left
    if happened:
        await append(fetch, happened, by=None, request_id=None)


async def _forget_answers(database: Database, after: datetime) -> list[datetime]:
    """Removes some of the answers that are too old for a retry; from when each was."""
    async with _purging(database) as fetch:
        return await remove_old(fetch, after)


async def _remove_export(database: Database) -> int:
    """Removes one of the exports whose time is over, with its file; how many it were."""
    async with _purging(database) as fetch:
        return await remove_expired(fetch)


def _purging(database: Database, organization_id: UUID | None = None) -> AbstractAsyncContextManager[Fetch]:
    """A transaction that is shown what is due; with an organization in which something is, also its rows."""
    return background(database, identify_purge(), organization_id)


@lru_cache(1)
def identify_purge() -> Statement:
    return identified_by(func.trellis_purge(bindparam("organization_id", type_=Uuid)))


@statement_of(DELETIONS)
def _due() -> Clause:
    columns = deletions.c
    wanted = select(columns.organization_id, columns.id).where(columns.purge_at <= func.now())
    return wanted.order_by(columns.purge_at)


@statement_of(DELETIONS)
def _claim() -> Clause:
    columns = deletions.c
    return (
        select(deletions)
        .where(
            columns.organization_id == bindparam("organization_id", type_=Uuid),
            columns.id == bindparam("id", type_=Uuid),
            columns.purge_at <= func.now(),
        )
        .with_for_update(skip_locked=True)
    )
