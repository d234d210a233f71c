"""Purging a deletion now, because somebody wants it gone before its time."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Uuid, bindparam, func, select, update

from app.auth.guards import require_row
from app.db.columns import table_of
from app.db.record import DeletableRow
from app.db.statement import Clause, statement, statement_of
from app.events.models import EventCounter, EventType
from app.events.record import note, record
from app.graph.context import Context
from app.organizations.loaders import ORGANIZATIONS
from app.purging.purge import purge_batch
from app.trash.loaders import DELETIONS, IN_TRASH, KINDS
from app.trash.rows import DeletionRow
from app.trash.take_long import taking_long

MOST = 10_000  # rows that one operation removes, in some seconds

deletions = DELETIONS.table
counters = table_of(EventCounter)


async def purge_now(context: Context, deletion: DeletionRow, subjects: Sequence[DeletableRow]) -> Counter[str] | None:
    """Removes for good what `deletion` holds; `subjects` are the rows that it was asked for, locked by the operation.

    Answers how many rows of each table are gone; None where they are too many for one operation: then the time of the
    deletion is over from the commit on, and the hourly purge removes them. Raises NotFound where it is over already.
    """
    made_due = await context.fetch(_make_due(), _key(deletion))
    require_row(made_due or None, "deletion")
    (due,) = made_due
    if await _size(context, due) > MOST:
        return None
    async with taking_long(context):
        gone = await _purge(context, due)
    if gone is None:
        return None
    if due.subject_type == ORGANIZATIONS.typename:
        await _forget_organization(context, due)
    else:
        for subject in subjects:
            record(context, EventType.PURGED, subject)
    context.batches.clear()
    return gone


async def _purge(context: Context, due: DeletionRow) -> Counter[str] | None:
    gone: Counter[str] = Counter()
    work = 0
    while purged := await purge_batch(context.fetch, due):
        gone[purged.table.name] += len(purged.ids)
        note(context, purged.left)
        changed = len(purged.ids) + len(purged.left)
        context.budget.work += changed
        work += changed
        if work > MOST and (purged.left or purged.table.name not in KINDS):
            return None  # what no deletion counts, such as chunks and tasks that lose their assignee, was too much
    return gone


def _key(deletion: DeletionRow) -> dict[str, object]:
    return {"key_organization_id": deletion.organization_id, "key_id": deletion.id}


@statement_of(DELETIONS)
def _make_due() -> Clause:
    columns = deletions.c
    return (
        update(deletions)
        .where(
            columns.organization_id == bindparam("key_organization_id", type_=Uuid),
            columns.id == bindparam("key_id", type_=Uuid),
            IN_TRASH,
        )
        .values(purge_at=func.clock_timestamp())
        .returning(*columns)
    )


async def _size(context: Context, deletion: DeletionRow) -> int:
    """About how many rows there are to remove; with an organization goes its log."""
    size: int = sum(deletion[kind] for kind in KINDS)
    if deletion.subject_type == ORGANIZATIONS.typename:
        size += sum(row["last_sequence"] for row in await context.fetch(_log_size(), _key(deletion)))
    return size


@statement
def _log_size() -> Clause:
    wanted = counters.c.organization_id == bindparam("key_organization_id", type_=Uuid)
    return select(counters.c.last_sequence).where(wanted)


async def _forget_organization(context: Context, deletion: DeletionRow) -> None:
    """There is no log any more to write to, and nothing left that the actor has a role in."""
    unit = context.signed_in
    unit.pending[:] = [one for one in unit.pending if one.organization_id != deletion.organization_id]
    await unit.refresh_actor()
