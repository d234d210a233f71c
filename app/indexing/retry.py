"""Trying texts again that were given up: once a day by every server, and when an operator says so."""

import asyncio
import logging
from datetime import timedelta
from random import uniform

from sqlalchemy import Interval, SmallInteger, Uuid, bindparam, func, literal, null, select, update

from app.db.columns import table_of
from app.db.engine import Database
from app.db.statement import Clause, statement
from app.indexing.backfill import BEHIND
from app.indexing.queue import MOST_ATTEMPTS, embedding
from app.log import named
from app.search.models import EmbeddingJob

logger = logging.getLogger("trellis")

jobs = table_of(EmbeddingJob)

PAUSE = 3600.0  # seconds between two looks of a server
DAY = timedelta(days=1)


async def retry_regularly(database: Database) -> None:
    """Tries each text that was given up once more a day, until it is cancelled: where a provider took short texts and
    no long ones for a while, that was no fault of theirs. What fails is logged and tried again an hour later."""
    while True:
        await asyncio.sleep(PAUSE * uniform(0.5, 1))  # noqa: S311  # no secret
        try:
            await retry_parked(database, parked_for=DAY, attempts=MOST_ATTEMPTS - 1)
        except Exception as error:  # noqa: BLE001  # whatever it is, the next hour may be better
            logger.warning("parked texts could not be queued and will be in an hour: %s", named(error))


async def retry_parked(database: Database, *, parked_for: timedelta = timedelta(0), attempts: int = 0) -> int:
    """Queues once more the texts that have been parked for so long, with as many attempts behind them; answers how
    many those are."""
    amount = 0
    async with embedding(database) as fetch:
        organization_ids = [row["organization_id"] for row in await fetch(_parked(), {"parked_for": parked_for})]
    for organization_id in organization_ids:
        values = {"organization_id": organization_id, "parked_for": parked_for, "attempts": attempts}
        async with embedding(database, organization_id) as fetch:
            amount += len(await fetch(_retry(), values))
    return amount


parked = (jobs.c.parked_at <= func.now() - bindparam("parked_for", type_=Interval)) & jobs.c.error.is_not(None)


@statement
def _parked() -> Clause:
    return select(jobs.c.organization_id).where(parked).distinct().order_by(jobs.c.organization_id)


@statement
def _retry() -> Clause:
    anew = {
        "due_at": func.now() - literal(BEHIND),
        "waiting_since": func.now(),
        "attempts": bindparam("attempts", type_=SmallInteger),
        "error": null(),
        "parked_at": null(),
    }
    mine = jobs.c.organization_id == bindparam("organization_id", type_=Uuid)
    return update(jobs).where(mine, parked).values(anew).returning(jobs.c.subject_id)
