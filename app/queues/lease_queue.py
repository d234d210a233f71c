"""Queues in tables: a row is due at a time, and a worker that takes it has it to itself for a while.

Whoever takes a row commits at once and holds no lock while they work, so that nobody who writes it has to wait. What
they have is a lease: the time that they wrote into `due_at`. Whoever changes the row meanwhile replaces that, and then
it is left to whoever takes it next; when it passes because they were killed, others take the row.

Taking counts as an attempt, which whoever gives a row back for no fault of its own takes back. One with an attempt
behind it is taken alone: what a batch failed at, or somebody died of, is found among its rows.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Interval,
    Table,
    Uuid,
    and_,
    any_,
    bindparam,
    delete,
    func,
    literal_column,
    null,
    select,
    update,
)

from app import time_limits
from app.db.columns import Expression
from app.db.engine import Database
from app.db.record import Record
from app.db.statement import Fetch, Parameters, Statement, prepare
from app.queues.background import background, identified_by

LEASE = timedelta(seconds=time_limits.LEASE)
NO_WAIT = timedelta(0)
ONE: ColumnElement[int] = literal_column("1")
NONE: ColumnElement[int] = literal_column("0")


class Lease(Protocol):
    """A row that has been taken until `due_at`; `attempts` counts this time too. It has its key as well."""

    organization_id: UUID
    due_at: datetime
    attempts: int


Taken = TypeVar("Taken", bound=Lease)
Transaction = AbstractAsyncContextManager[Fetch]
NOTHING: Parameters = MappingProxyType({})


class LeaseQueue(Generic[Taken]):
    """The rows of `table` for which `waits` holds, each from its `due_at` on.

    `key` are the columns that name a row within its organization, `returned` what else a worker gets to know. The
    database's function `identify` shows a transaction what is due in every organization, and the rows of the one it is
    given. `taken` is written when a row is taken, `waiting` when it waits once more.
    """

    def __init__(  # noqa: PLR0913  # each is a part of what a queue is
        self,
        table: Table,
        *,
        key: tuple[str, ...],
        waits: ColumnElement[bool],
        identify: str,
        returned: tuple[str, ...] = (),
        newest_first: bool = False,
        taken: Parameters = NOTHING,
        waiting: Parameters = NOTHING,
    ) -> None:
        self.table = table
        self.key = key
        self.waits = waits
        self.due = waits & (table.c.due_at <= func.now())
        self.returned = ("organization_id", *key, *returned, "due_at", "attempts")
        self.newest_first = newest_first
        self.taken = taken
        self.waiting = waiting
        # What became of the rows that this process took: done, postponed, given_back, given_up. Those of a commit that
        # failed are among them.
        self.outcomes: Counter[str] = Counter()
        self.identify = getattr(func, identify)(bindparam("organization_id", type_=Uuid))

    def transaction(
        self, database: Database, organization_id: UUID | None = None
    ) -> AbstractAsyncContextManager[Fetch]:
        """A transaction that is shown what is due in every organization, and the rows of this one."""
        return background(database, identifying(self), organization_id)

    async def lock(self, fetch: Fetch, taken: Sequence[Taken], *columns: str, wait: bool = False) -> list[Record]:
        """These columns of those that are still as they were taken, locked until the transaction ends.

        One that somebody is writing is passed over and not waited for, unless this may `wait`: whoever writes it may
        have locked others that this transaction needs.
        """
        return await fetch(_lock(self, columns, wait), self.values(taken))

    async def remove(self, fetch: Fetch, taken: Sequence[Taken]) -> None:
        """Removes those that are still as they were taken."""
        await fetch(_remove(self), self.values(taken))
        self.outcomes["done"] += len(taken)

    async def finish(self, fetch: Fetch, taken: Sequence[Taken], *, outcome: str = "done", **values: Any) -> None:
        """Those that are still as they were taken wait no more, and get these values; that is counted as `outcome`."""
        await fetch(_write(self, tuple(values), ends=True), self.values(taken, values))
        self.outcomes[outcome] += len(taken)

    async def give_back(self, fetch: Fetch, taken: Sequence[Taken], wait: timedelta = NO_WAIT) -> None:
        """Makes them due again, at once or after `wait`, without counting it as an attempt."""
        await fetch(_give_back(self), self.values(taken) | {"wait": wait})
        self.outcomes["given_back"] += len(taken)

    async def postpone(
        self, fetch: Fetch, taken: Sequence[Taken], wait: timedelta, *, outcome: str = "postponed", **values: Any
    ) -> None:
        """Lets the attempt count: they are due again after `wait`, and get these values; counted as `outcome`."""
        await fetch(_write(self, tuple(values), ends=False), self.values(taken, values) | {"wait": wait})
        self.outcomes[outcome] += len(taken)

    def values(self, taken: Sequence[Taken], new: Parameters = NOTHING) -> dict[str, Any]:
        """The parameters of `as_taken` and `_new`."""
        lists = {f"taken_{name}": [getattr(one, name) for one in taken] for name in (*self.key, "due_at")}
        return {"organization_id": taken[0].organization_id, **lists, **{f"new_{name}": new[name] for name in new}}

    def as_taken(self) -> ColumnElement[bool]:
        """Whether a row is one of those that are given, and nobody has changed it since.

        They were taken at one moment, by ids that are not used twice, so that each column can be compared by itself:
        joined with them, all that the organization has in the queue could be read."""
        columns = [self.table.c[name] for name in (*self.key, "due_at")]
        given = (one == any_(bindparam(f"taken_{one.name}", type_=ARRAY(one.type))) for one in columns)
        return and_(self.of_organization(), *given)

    def of_organization(self) -> ColumnElement[bool]:
        """Whether a row is the given organization's."""
        return self.table.c.organization_id == bindparam("organization_id", type_=Uuid)


Queue = LeaseQueue[Any]


@lru_cache(100)
def identifying(queue: Queue) -> Statement:
    return identified_by(queue.identify)


@lru_cache(100)
def taking(queue: Queue) -> Statement[Any]:
    """Takes the organization's first rows that nobody else is taking, as long as none of them was taken before."""
    columns = queue.table.c
    first = columns.due_at.desc() if queue.newest_first else columns.due_at
    due = (
        select(*(columns[name] for name in (*queue.key, "due_at", "attempts")))
        .where(queue.of_organization(), queue.due)
        .order_by(first)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    order = due.c.due_at.desc() if queue.newest_first else due.c.due_at
    placed = select(
        due,
        func.row_number().over(order_by=order).label("place"),
        func.first_value(due.c.attempts).over(order_by=order).label("first_attempts"),
    ).cte("placed")
    together = (placed.c.attempts == NONE) & (placed.c.first_attempts == NONE)
    same = [columns[name] == placed.c[name] for name in queue.key]
    lease = {"due_at": func.now() + bindparam("lease", type_=Interval), "attempts": columns.attempts + ONE}
    return prepare(
        update(queue.table)
        .where(queue.of_organization(), *same, together | (placed.c.place == ONE))
        .values({**lease, **queue.taken})
        .returning(*(columns[name] for name in queue.returned))
    )


@lru_cache(100)
def _lock(queue: Queue, columns: tuple[str, ...], wait: bool) -> Statement:
    rows = select(*(queue.table.c[name] for name in columns)).where(queue.as_taken(), queue.waits)
    return prepare(rows.with_for_update(key_share=True, skip_locked=not wait))


@lru_cache(100)
def _remove(queue: Queue) -> Statement:
    return prepare(delete(queue.table).where(queue.as_taken()))


@lru_cache(100)
def _give_back(queue: Queue) -> Statement:
    attempts = func.greatest(queue.table.c.attempts - ONE, NONE)
    again = {"due_at": _later(), "attempts": attempts, **queue.waiting}
    return prepare(update(queue.table).where(queue.as_taken()).values(again))


@lru_cache(100)
def _write(queue: Queue, names: tuple[str, ...], ends: bool) -> Statement:
    due = {"due_at": null()} if ends else {"due_at": _later(), **queue.waiting}
    return prepare(update(queue.table).where(queue.as_taken()).values({**due, **_new(queue, names)}))


def _later() -> ColumnElement[datetime]:
    return func.now() + bindparam("wait", type_=Interval)


def _new(queue: Queue, names: Sequence[str]) -> dict[str, Expression]:
    return {name: bindparam(f"new_{name}", type_=queue.table.c[name].type) for name in names}
