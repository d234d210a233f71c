"""The queue of exports to write, and what becomes of one: its file, piece by piece."""

from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Interval, LargeBinary, Uuid, bindparam, delete, func, insert, select, update

from app.db.columns import table_of
from app.db.statement import Clause, Fetch, Parameters, Statement, prepare, statement
from app.exports.models import Export, ExportChunk, ExportStatus
from app.queues.lease_queue import LEASE, Lease, LeaseQueue

exports = table_of(Export)
chunks = table_of(ExportChunk)

KEPT = timedelta(days=3)  # a finished export: over a weekend


class Job(Lease, Protocol):
    """An export that has been taken."""

    id: UUID


QUEUE: LeaseQueue[Job] = LeaseQueue(
    exports,
    key=("id",),
    waits=exports.c.due_at.is_not(None),
    identify="trellis_write_export",
    taken={"status": ExportStatus.RUNNING.name},
    waiting={"status": ExportStatus.PENDING.name},
)


class Overtaken(Exception):
    """The export is no longer this worker's: its lease was over, or somebody wants it anew."""


async def begin(fetch: Fetch, job: Job, lines: int) -> Job:
    """The job, of which nothing is written yet and so many lines will be. Raises Overtaken."""
    begun = await _renew(fetch, job, lines_written=0, lines_expected=lines)
    await fetch(_clear(), _values(job))
    return begun


async def keep(fetch: Fetch, job: Job, first: int, pieces: Sequence[bytes], lines: int) -> Job:
    """The job with further pieces of its file, from the place `first` on, and the time to go on. Raises Overtaken."""
    kept = await _renew(fetch, job, lines_written=lines)
    places = list(range(first, first + len(pieces)))
    await fetch(_keep(), {**_values(job), "places": places, "pieces": list(pieces)})
    return kept


async def take_place(fetch: Fetch, job: Job) -> None:
    """Removes the exports of the organization that came before, whose place this one takes."""
    await fetch(_remove_former(), _values(job))


async def _renew(fetch: Fetch, job: Job, **values: int) -> Job:
    given = {f"new_{name}": value for name, value in values.items()}
    rows = await fetch(_renewal(tuple(values)), {**QUEUE.values([job]), **given, "lease": LEASE})
    if not rows:
        raise Overtaken
    renewed: Job = rows[0]
    return renewed


def _values(job: Job) -> Parameters:
    return {"organization_id": job.organization_id, "export_id": job.id}


@lru_cache(10)
def _renewal(names: tuple[str, ...]) -> Statement[Any]:
    given = {name: bindparam(f"new_{name}", type_=Integer) for name in names}
    lease = func.now() + bindparam("lease", type_=Interval)
    return prepare(
        update(exports)
        .where(QUEUE.as_taken())
        .values({**given, "due_at": lease, "updated_at": func.now()})
        .returning(*(exports.c[name] for name in QUEUE.returned))
    )


OF_EXPORT = (
    chunks.c.organization_id == bindparam("organization_id", type_=Uuid),
    chunks.c.export_id == bindparam("export_id", type_=Uuid),
)


@statement
def _clear() -> Clause:
    return delete(chunks).where(*OF_EXPORT)


@statement
def _keep() -> Clause:
    given = (
        func.unnest(bindparam("places", type_=ARRAY(Integer)), bindparam("pieces", type_=ARRAY(LargeBinary)))
        .table_valued("index", "data", name="given")
        .render_derived()
    )
    owner = bindparam("organization_id", type_=Uuid), bindparam("export_id", type_=Uuid)
    return insert(chunks).from_select(
        ["organization_id", "export_id", "index", "data"], select(*owner, given.c.index, given.c.data)
    )


@statement
def _remove_former() -> Clause:
    return delete(exports).where(
        exports.c.organization_id == bindparam("organization_id", type_=Uuid),
        exports.c.id != bindparam("export_id", type_=Uuid),
        exports.c.due_at.is_(None),  # not "has an end": by the index of those everybody's would be read
    )
