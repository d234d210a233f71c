"""The queue of texts to embed: taking some for a while, and giving them back done, for later, or parked.

Whoever takes a text commits at once and holds no lock while the model works, so that nobody who writes the text has to
wait for it. What they hold is the time that they wrote into `due_at`: a write of the text meanwhile replaces that, and
then the text is left to whoever takes it next. When it passes because they were killed, others take the text.

Taking counts as an attempt, which who gives a text back for no fault of its own takes back. One with an attempt behind
it is taken alone: what a batch failed at, or somebody died of, is found among its texts.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DateTime,
    Integer,
    Interval,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    delete,
    func,
    literal,
    literal_column,
    null,
    select,
    tuple_,
    update,
)

from app import time_limits
from app.db.columns import table_of
from app.db.statement import Fetch, Statement, prepare
from app.db.turns import next_in_turn, turn
from app.search.models import EmbeddingJob

jobs = table_of(EmbeddingJob)

LEASE = timedelta(seconds=time_limits.LEASE)
MOST_ATTEMPTS = 5
FIRST_WAIT = timedelta(seconds=4)  # after the first attempt that a text had alone; four times as long after each other
NO_WAIT = timedelta(0)


class Job(NamedTuple):
    """A text that has been taken until `due_at`; `attempts` counts this time too."""

    kind: str
    subject_id: UUID
    due_at: datetime
    attempts: int


async def next_organization(fetch: Fetch, after: UUID) -> UUID | None:
    """The next organization in which a text is due."""
    return await next_in_turn(fetch, _turn(), after)


@lru_cache(1)
def _turn() -> Statement:
    return turn(jobs, (jobs.c.due_at <= func.now()) & jobs.c.parked_at.is_(None))


async def take(fetch: Fetch, organization_id: UUID, most: int) -> list[Job]:
    """Takes up to `most` of an organization's texts that are due, the newest first: those are what somebody has just
    written, while an import can put a hundred thousand before them. Or one that has been taken before, alone."""
    values = {"organization_id": organization_id, "most": most, "lease": LEASE}
    rows = await fetch(_take(), values)
    return [Job(row["kind"], row["subject_id"], row["due_at"], row["attempts"]) for row in rows]


@lru_cache(1)
def _take() -> Statement:
    organization_id = bindparam("organization_id", type_=Uuid)
    due = (
        select(jobs.c.kind, jobs.c.subject_id, jobs.c.due_at, jobs.c.attempts)
        .where(jobs.c.organization_id == organization_id, jobs.c.due_at <= func.now(), jobs.c.parked_at.is_(None))
        .order_by(jobs.c.due_at.desc())
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    newest = due.c.due_at.desc()
    placed = select(
        due,
        func.row_number().over(order_by=newest).label("place"),
        func.first_value(due.c.attempts).over(order_by=newest).label("first_attempts"),
    ).cte("placed")
    together = (placed.c.attempts == literal_column("0")) & (placed.c.first_attempts == literal_column("0"))
    return prepare(
        update(jobs)
        .where(
            jobs.c.organization_id == organization_id,
            jobs.c.kind == placed.c.kind,
            jobs.c.subject_id == placed.c.subject_id,
            together | (placed.c.place == literal_column("1")),
        )
        .values(due_at=func.now() + bindparam("lease", type_=Interval), attempts=jobs.c.attempts + literal_column("1"))
        .returning(jobs.c.kind, jobs.c.subject_id, jobs.c.due_at, jobs.c.attempts)
    )


async def hold(fetch: Fetch, organization_id: UUID, taken: Sequence[Job]) -> set[UUID]:
    """Locks those that are still as they were taken, for the rest of the transaction; answers their subjects.

    One that somebody is writing is passed over and not waited for: the writer holds others that we may hold.
    """
    rows = await fetch(_hold(), _values(organization_id, taken))
    return {row["subject_id"] for row in rows}


async def finish(fetch: Fetch, organization_id: UUID, held: Sequence[Job]) -> None:
    """Removes jobs that the transaction holds."""
    await fetch(_finish(), _values(organization_id, held))


async def give_back(fetch: Fetch, organization_id: UUID, taken: Sequence[Job], wait: timedelta = NO_WAIT) -> None:
    """Makes what was taken due again, at once or after `wait`, without counting it as an attempt."""
    await fetch(_give_back(), _values(organization_id, taken) | {"wait": wait})


async def postpone(
    fetch: Fetch, organization_id: UUID, taken: Sequence[Job], error: str, wait: timedelta = FIRST_WAIT
) -> None:
    """Lets the attempt count. After the first a text is due at once, to be tried alone; after each further one later,
    and after the fifth it is parked with its error."""
    await fetch(_postpone(), _values(organization_id, taken) | {"error": error[:500], "wait": wait})


def _values(organization_id: UUID, taken: Collection[Job]) -> dict[str, Any]:
    return {
        "organization_id": organization_id,
        "kinds": [job.kind for job in taken],
        "subject_ids": [job.subject_id for job in taken],
        "due": [job.due_at for job in taken],
    }


def _as_taken() -> Any:
    """Whether a job is one of the given ones, and nobody has written its text since."""
    given = (
        func.unnest(
            bindparam("kinds", type_=ARRAY(Text)),
            bindparam("subject_ids", type_=ARRAY(Uuid)),
            bindparam("due", type_=ARRAY(DateTime(timezone=True))),
        )
        .table_valued("kind", "subject_id", "due_at", name="given")
        .render_derived()
    )
    key = tuple_(jobs.c.kind, jobs.c.subject_id, jobs.c.due_at)
    return (jobs.c.organization_id == bindparam("organization_id", type_=Uuid)) & key.in_(
        select(given.c.kind, given.c.subject_id, given.c.due_at)
    )


@lru_cache(1)
def _hold() -> Statement:
    return prepare(select(jobs.c.subject_id).where(_as_taken()).with_for_update(skip_locked=True))


@lru_cache(1)
def _finish() -> Statement:
    return prepare(delete(jobs).where(_as_taken()))


@lru_cache(1)
def _give_back() -> Statement:
    attempts = func.greatest(jobs.c.attempts - literal_column("1"), literal_column("0"))
    due_at = func.now() + bindparam("wait", type_=Interval)
    return prepare(update(jobs).where(_as_taken()).values(due_at=due_at, attempts=attempts))


@lru_cache(1)
def _postpone() -> Statement:
    further = func.power(literal_column("4"), jobs.c.attempts - literal_column("2"))
    alone = jobs.c.attempts > literal_column("1")
    wait = case((alone, further * bindparam("wait", type_=Interval)), else_=literal(NO_WAIT))
    return prepare(
        update(jobs)
        .where(_as_taken())
        .values(
            due_at=func.now() + wait,
            error=cast(bindparam("error"), Text),
            parked_at=case((jobs.c.attempts >= literal(MOST_ATTEMPTS), func.now()), else_=null()),
        )
    )
