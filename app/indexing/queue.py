"""The queue of texts to embed."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from app.db.columns import now, table_of
from app.db.engine import Database
from app.db.statement import Fetch
from app.queues.lease_queue import NO_WAIT, Lease, LeaseQueue
from app.search.models import EmbeddingJob

jobs = table_of(EmbeddingJob)

MOST_ATTEMPTS = 5
FIRST_WAIT = timedelta(seconds=4)  # after the first attempt that a text had alone; four times as long after each other
LONGEST_ERROR = 500


class Job(Lease, Protocol):
    """A text that has been taken."""

    kind: str
    subject_id: UUID


# The newest first: those are what somebody has just written, while an import can put a hundred thousand before them.
QUEUE: LeaseQueue[Job] = LeaseQueue(
    jobs,
    key=("kind", "subject_id"),
    waits=jobs.c.parked_at.is_(None),
    identify="trellis_embed",
    newest_first=True,
)


def embedding(database: Database, organization_id: UUID | None = None) -> AbstractAsyncContextManager[Fetch]:
    """A transaction that is shown the whole queue, and with an organization also its rows."""
    return QUEUE.transaction(database, organization_id)


async def postpone(fetch: Fetch, taken: Sequence[Job], error: str, wait: timedelta = FIRST_WAIT) -> None:
    """Lets the attempt count, which is the same of all. After the first a text is due at once, to be tried alone; after
    each further one later, and after the fifth it is parked with its error."""
    attempts = taken[0].attempts
    later = wait * 4 ** (attempts - 2) if attempts > 1 else NO_WAIT
    parked_at = now() if attempts >= MOST_ATTEMPTS else None
    outcome = "given_up" if parked_at else "postponed"
    await QUEUE.postpone(fetch, taken, later, outcome=outcome, error=error[:LONGEST_ERROR], parked_at=parked_at)


async def pass_over(fetch: Fetch, taken: Sequence[Job]) -> None:
    """Keeps what there is nothing to embed of until its text changes: parked, but without an error."""
    await QUEUE.postpone(fetch, taken, NO_WAIT, outcome="done", error=None, parked_at=now())
