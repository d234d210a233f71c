"""Writing the exports that wait for it, in the background of every server process."""

import asyncio
import logging
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import select

from app.db.columns import now
from app.db.engine import Connection, Database
from app.db.statement import Clause, Fetch, Parameters, statement
from app.events.models import EventType
from app.events.record import Happened, append, differences
from app.export_files.lines import sections
from app.export_files.write import FIRST, Transcript, count, snapshot, write
from app.exports.loaders import EXPORTS
from app.exports.models import ExportStatus
from app.exports.pack import ExportFile
from app.exports.queue import KEPT, QUEUE, Job, Overtaken, take_place
from app.log import named
from app.queues.background import is_away, is_busy
from app.queues.taker import Taker

logger = logging.getLogger("trellis")

MOST_ATTEMPTS = 5
OUTCOMES = {ExportStatus.COMPLETED: "done", ExportStatus.FAILED: "given_up"}
FIRST_WAIT = timedelta(seconds=2)  # after the first attempt; twice as long after each further one
# Others write what it reads, or the log: no fault of it.
REFUSED = "The database did not answer all that belongs into it: try it again."
KILLED = "Each time that it was being written the server stopped: try it again."
DELETED = "The organization was deleted before it was written."


class OrganizationDeleted(Exception):
    """There is nothing to export any more."""


class Exporter:
    """Writes one export after the other, over two connections: one that reads, and one that keeps what was read."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._taker = Taker(QUEUE, database)

    async def work(self) -> int:
        """Writes an export of the next organization; how many were due, one or none."""
        taken = await self._taker.take()
        for job in taken:
            if job.attempts > MOST_ATTEMPTS:
                await self._fail(job, KILLED)
            else:
                await self._export(job)
        return len(taken)

    async def _export(self, job: Job) -> None:
        file = ExportFile(self.database, job)
        try:
            await self._write(file)
        except asyncio.CancelledError:
            await self._taker.give_back([file.job])
            raise
        except Overtaken:
            logger.warning("export %s is somebody else's by now", job.id)
        except OrganizationDeleted:
            await self._fail(file.job, DELETED)
        except Exception as error:
            if is_away(error):
                await self._taker.give_back([file.job])
                raise
            logger.warning("export %s could not be written: %s", job.id, named(error))
            if is_busy(error):
                await self._taker.give_back([file.job], FIRST_WAIT)
            else:
                await self._postpone(file.job)

    async def _write(self, file: ExportFile) -> None:
        """All of it as of one moment. Raises OrganizationDeleted and Overtaken."""
        organization_id = file.job.organization_id
        values, transcript = {"organization_id": organization_id}, Transcript("organization")
        async with snapshot(self.database) as connection:
            await connection.fetch(_identify().text, organization_id)
            await _require_organization(connection, values)
            await file.begin(await count(connection, sections(), values))
            async for text in write(connection, sections(), values, transcript):
                await file.add(text, transcript.counts.total() - 1)
        await file.end(transcript.counts.total() - 1)
        counts = {kind: amount for kind, amount in transcript.counts.items() if kind != FIRST}
        await self._finish(
            file.job, ExportStatus.COMPLETED, size=file.size, counts=orjson.dumps(counts).decode(), error=None
        )

    async def _finish(self, job: Job, status: ExportStatus, **values: Any) -> None:
        """Writes what became of it, with an event, unless it is somebody else's."""
        ended = {"status": status.name, "expires_at": now() + KEPT, "updated_at": now()}
        async with self._of(job) as fetch:
            if await QUEUE.lock(fetch, [job], "id", wait=True):
                if status is ExportStatus.COMPLETED:
                    await take_place(fetch, job)
                await QUEUE.finish(fetch, [job], outcome=OUTCOMES[status], **ended, **values)
                await _record(fetch, job, status)

    async def _fail(self, job: Job, error: str) -> None:
        await self._finish(job, ExportStatus.FAILED, error=error)

    async def _postpone(self, job: Job) -> None:
        if job.attempts >= MOST_ATTEMPTS:
            await self._fail(job, REFUSED)
            return
        async with self._of(job) as fetch:
            await QUEUE.postpone(fetch, [job], FIRST_WAIT * 2 ** (job.attempts - 1))

    def _of(self, job: Job) -> AbstractAsyncContextManager[Fetch]:
        return QUEUE.transaction(self.database, job.organization_id)


async def _require_organization(connection: Connection, values: Parameters) -> None:
    own = sections()[0].amount
    if not await connection.fetchval(own.text, *own.arguments(values)):
        raise OrganizationDeleted


async def _record(fetch: Fetch, job: Job, status: ExportStatus) -> None:
    changes = differences({"status": ExportStatus.PENDING.name}, {"status": status.name})
    happened = Happened(job.organization_id, EventType.UPDATED, EXPORTS.typename, job.id, changes)
    await append(fetch, [happened], by=None, request_id=None)


@statement
def _identify() -> Clause:
    return select(QUEUE.identify)
