"""Cutting the documents that wait for it into chunks, in the background of every server process."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import asyncpg

from app.chunking.chunks import keep_chunks
from app.chunking.queue import QUEUE, Job, read_text
from app.chunking.split import Chunk, cut
from app.db.engine import Database
from app.db.record import Record
from app.db.statement import Fetch, Parameters
from app.documents.loaders import DOCUMENTS
from app.documents.models import LONGEST_ERROR, DocumentKind, DocumentStatus
from app.events.models import EventType
from app.events.record import Happened, append, differences
from app.log import named
from app.queues.background import is_away, is_busy
from app.queues.taker import Taker

logger = logging.getLogger("trellis")

MOST_ATTEMPTS = 5
FIRST_WAIT = timedelta(seconds=2)  # after the first attempt; twice as long after each further one
REFUSED = "The database did not take its chunks: divide the document, or try it again."
KILLED = "Each time that it was being cut the server stopped: divide the document, or try it again."


class Processor:
    """Cuts one document after the other; `then` is called when there are new chunks to embed."""

    def __init__(self, database: Database, then: Callable[[], None]) -> None:
        self.database = database
        self.then = then
        self._taker = Taker(QUEUE, database)

    async def work(self) -> int:
        """Cuts a document of the next organization; how many were due, one or none."""
        taken = await self._taker.take()
        for job in taken:
            if job.attempts > MOST_ATTEMPTS:
                await self._fail(job, KILLED)
            else:
                await self._cut(job)
        return len(taken)

    async def _cut(self, job: Job) -> None:
        try:
            async with self._of(job) as fetch:
                text = await read_text(fetch, job)
            await self._finish(job, await asyncio.to_thread(cut, text, DocumentKind[job.kind]))
        except asyncio.CancelledError:
            await self._taker.give_back([job])
            raise
        except Exception as error:
            if is_away(error):
                await self._taker.give_back([job])
                raise
            logger.warning("document %s could not be cut: %s", job.id, named(error))
            if is_busy(error):
                await self._taker.give_back([job], FIRST_WAIT)
            else:
                await self._postpone(job, reason_of(error))

    async def _finish(self, job: Job, chunks: list[Chunk]) -> None:
        """Keeps the chunks, if the document is still the one that was cut."""
        done = {"status": DocumentStatus.COMPLETED.name, "chunk_count": len(chunks), "processing_error": None}
        async with self._of(job) as fetch:
            for row in await _locked(fetch, job):
                await keep_chunks(fetch, job.organization_id, job.id, chunks)
                await _end(fetch, job, row, done)
        self.then()

    async def _postpone(self, job: Job, error: str) -> None:
        if job.attempts >= MOST_ATTEMPTS:
            await self._fail(job, error)
            return
        wait = FIRST_WAIT * 2 ** (job.attempts - 1)
        async with self._of(job) as fetch:
            await QUEUE.postpone(fetch, [job], wait, processing_error=error[:LONGEST_ERROR])

    async def _fail(self, job: Job, error: str) -> None:
        failed = {"status": DocumentStatus.FAILED.name, "processing_error": error[:LONGEST_ERROR]}
        async with self._of(job) as fetch:
            for row in await _locked(fetch, job):
                await _end(fetch, job, row, failed)

    def _of(self, job: Job) -> AbstractAsyncContextManager[Fetch]:
        return QUEUE.transaction(self.database, job.organization_id)


async def _locked(fetch: Fetch, job: Job) -> list[Record]:
    """The document as it is, locked. Where it has changed or been deleted meanwhile it is given back, to be cut as it
    is then, or as soon as it is restored."""
    rows = await QUEUE.lock(fetch, [job], "status", "processing_error", "chunk_count", wait=True)
    if not rows:
        await QUEUE.give_back(fetch, [job])
    return rows


def reason_of(error: Exception) -> str:
    """What people are told of it: nothing of what PostgreSQL says."""
    return REFUSED if isinstance(error, asyncpg.PostgresError) else str(error) or repr(error)


async def _end(fetch: Fetch, job: Job, row: Record, values: Parameters) -> None:
    """Writes what became of a document that is locked as `row`, with its event, by which those who wait for it hear. Of
    the attempts until then there were none."""
    outcome = "given_up" if values["status"] == DocumentStatus.FAILED.name else "done"
    await QUEUE.finish(fetch, [job], outcome=outcome, **values)
    before = {**{name: row[name] for name in values}, "status": DocumentStatus.PENDING.name}
    changes = differences(before, values)
    happened = Happened(job.organization_id, EventType.UPDATED, DOCUMENTS.typename, job.id, changes)
    await append(fetch, [happened], by=None, request_id=None)
