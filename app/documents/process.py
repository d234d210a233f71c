"""Cutting the documents that wait for it into chunks, in the background of every server process."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Uuid, bindparam, func, select

from app.db.background import background, is_away
from app.db.columns import now
from app.db.engine import LOST, Database, DatabaseUnavailable
from app.db.statement import Fetch, Statement, prepare
from app.documents.chunks import keep_chunks
from app.documents.loaders import DOCUMENTS
from app.documents.models import DocumentStatus
from app.documents.queue import Claim, hold, next_organization, read_text, settle, take
from app.documents.split import Chunk, cut
from app.events.models import EventType
from app.events.record import Happened, append, differences
from app.log import named

logger = logging.getLogger("trellis")

MOST_ATTEMPTS = 5
FIRST_WAIT = timedelta(seconds=2)  # after the first attempt; twice as long after each further one
LONGEST_ERROR = 1_000
REFUSED = "The database did not take its chunks: divide the document, or try it again."
KILLED = "Each time that it was being cut the server stopped: divide the document, or try it again."
NOBODY = UUID(int=0)
NO_WAIT = timedelta(0)
BUSY = (
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
)  # others write in the organization: no fault of it


class Processor:
    """Cuts one document after the other; `then` is called when there are new chunks to embed."""

    def __init__(self, database: Database, then: Callable[[], None]) -> None:
        self.database = database
        self.then = then
        self._last = NOBODY

    async def work(self) -> bool:
        """Cuts a document of the next organization; whether any was due."""
        claim, text = await self._claim()
        if claim is None:
            return False
        if claim.attempts > MOST_ATTEMPTS:
            await self._fail(claim, KILLED)
            return True
        try:
            await self._finish(claim, await asyncio.to_thread(cut, text, claim.kind))
        except asyncio.CancelledError:
            await self._leave(claim)
            raise
        except Exception as error:
            if is_away(error):
                await self._leave(claim)
                raise
            logger.warning("document %s could not be cut: %s", claim.id, named(error))
            if isinstance(error, BUSY):
                await self._leave(claim, FIRST_WAIT)
            else:
                await self._postpone(claim, reason_of(error))
        return True

    async def _claim(self) -> tuple[Claim | None, str]:
        """A document that is due, taken, with its text."""
        async with background(self.database, identify()) as fetch:
            organization_id = await next_organization(fetch, self._last)
            if organization_id is None:
                return None, ""
            self._last = organization_id
            await fetch(identify(), {"organization_id": organization_id})
            claim = await take(fetch, organization_id)
            return claim, await read_text(fetch, claim) if claim else ""

    async def _finish(self, claim: Claim, chunks: list[Chunk]) -> None:
        """Keeps the chunks, if the document is still the one that was cut."""
        async with self._of(claim) as fetch:
            if row := await hold(fetch, claim):
                await keep_chunks(fetch, claim.organization_id, claim.id, chunks)
                done = {"status": DocumentStatus.COMPLETED.name, "chunk_count": len(chunks), "processing_error": None}
                await _end(fetch, claim, row, done)
            else:
                await _give_back(fetch, claim)
        self.then()

    async def _postpone(self, claim: Claim, error: str) -> None:
        if claim.attempts >= MOST_ATTEMPTS:
            await self._fail(claim, error)
            return
        wait = FIRST_WAIT * 2 ** (claim.attempts - 1)
        pending = {"status": DocumentStatus.PENDING.name, "due_at": now() + wait}
        async with self._of(claim) as fetch:
            await settle(fetch, claim, {**pending, "processing_error": error[:LONGEST_ERROR]})

    async def _fail(self, claim: Claim, error: str) -> None:
        async with self._of(claim) as fetch:
            if row := await hold(fetch, claim):
                failed = {"status": DocumentStatus.FAILED.name, "processing_error": error[:LONGEST_ERROR]}
                await _end(fetch, claim, row, failed)
            else:
                await _give_back(fetch, claim)

    async def _leave(self, claim: Claim, wait: timedelta = NO_WAIT) -> None:
        """To whoever takes it next; where the database is away for longer, once the lease has ended."""
        with suppress(DatabaseUnavailable, asyncpg.PostgresError, *LOST):
            async with self._of(claim) as fetch:
                await _give_back(fetch, claim, wait)

    def _of(self, claim: Claim) -> AbstractAsyncContextManager[Fetch]:
        return background(self.database, identify(), claim.organization_id)


def reason_of(error: Exception) -> str:
    """What people are told of it: nothing of what PostgreSQL says."""
    return REFUSED if isinstance(error, asyncpg.PostgresError) else str(error) or repr(error)


async def _give_back(fetch: Fetch, claim: Claim, wait: timedelta = NO_WAIT) -> None:
    """Makes it due again after `wait`, or as soon as it is restored, without counting it as an attempt."""
    pending = {"status": DocumentStatus.PENDING.name, "due_at": now() + wait}
    await settle(fetch, claim, {**pending, "attempts": claim.attempts - 1})


async def _end(fetch: Fetch, claim: Claim, row: Any, values: Mapping[str, Any]) -> None:
    """Writes what became of a document that the transaction holds as `row`, with its event, by which those who wait for
    it hear. Of the attempts until then there were none."""
    await settle(fetch, claim, {"due_at": None, **values})
    before = {**{name: row[name] for name in values}, "status": DocumentStatus.PENDING.name}
    changes = differences(before, values)
    happened = Happened(claim.organization_id, EventType.UPDATED, DOCUMENTS.typename, claim.id, changes)
    await append(fetch, [happened], by=None, request_id=None)


@lru_cache(1)
def identify() -> Statement:
    return prepare(select(func.trellis_process(bindparam("organization_id", type_=Uuid))))
