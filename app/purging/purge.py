"""Purging: what a deletion holds is removed for good with everything under it, from the leaves up, in small batches.

Whatever lies under a row goes with it, by whichever deletion it was deleted: it is found by the foreign keys, so that
nothing is left that refers to nothing. Tasks whose assignee goes lose their assignee, which is a change of theirs.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, Table, Uuid, any_, bindparam, delete, func, literal, null, select, update

from app.db.columns import Expression, now, table_of
from app.db.record import Record
from app.db.statement import Clause, Fetch, Statement, prepare, statement
from app.events.models import EventType
from app.events.record import Happened, differences
from app.graph.node import noun_named, noun_of_table
from app.organizations.models import Organization
from app.trash.cascade import Edge, itself, organization_of, references_to
from app.trash.counts import DeletionKey, update_counts
from app.trash.loaders import DELETIONS
from app.trash.rows import DeletionRow

BATCH = 1000  # rows; their locks are held for some milliseconds
LOG = frozenset({"events", "event_counters", "deletions"})  # kept until the organization itself goes

# Rows that this process has removed for good, by their tables; those of a commit that failed are among them.
REMOVED: Counter[str] = Counter()

organizations = table_of(Organization)


class Purged(NamedTuple):
    """The rows of a table that one batch removed; none where it only cleared the way. `left` says of what stays and has
    changed."""

    table: Table
    ids: list[UUID]
    left: Sequence[Happened] = ()


async def purge_batch(fetch: Fetch, deletion: DeletionRow) -> Purged | None:
    """Removes up to 1,000 rows of what `deletion` holds, the deepest first; None when nothing is left.

    The transaction holds the deletion's row locked and has the identity of its organization. Who is told of one purge
    batch by batch may commit in between: nothing of a deletion past its time can be restored, whatever is left of it.
    """
    organization_id, subjects = deletion.organization_id, noun_named(deletion.subject_type).source.table
    found = await _rows(fetch, organization_id, itself(subjects), deletion.subject_ids)
    roots = [row for row in found if row["deletion_id"] == deletion.id]
    if not roots:
        await _update_counts(fetch, deletion, Purged(subjects, deletion.subject_ids), Counter())
        return None
    edge, rows = await _deepest(fetch, organization_id, itself(subjects), roots)
    batch = Purged(edge.child, _ids(rows))
    if edge.clears:
        return Purged(batch.table, [], await _let_go(fetch, organization_id, edge, rows))
    if batch.table is not organizations or await _forget_log(fetch, organization_id):
        await _update_counts(fetch, deletion, batch, Counter(row["deletion_id"] for row in rows))
        await _remove(fetch, organization_id, batch)
        REMOVED[batch.table.name] += len(batch.ids)
        return batch
    return Purged(batch.table, [])


async def _deepest(fetch: Fetch, organization_id: UUID, edge: Edge, rows: list[Record]) -> tuple[Edge, list[Record]]:
    """Rows at or under `rows` that nothing more refers to, or that have to forget what they refer to."""
    for reference in _references(edge.child):
        if _is_row(reference.child):
            found = await _rows(fetch, organization_id, reference, _ids(rows))
            if found:
                return (
                    (reference, found) if reference.clears else await _deepest(fetch, organization_id, reference, found)
                )
    return edge, rows


def _references(table: Table) -> list[Edge]:
    return [edge for edge in references_to(table) if edge.child.name not in LOG]


def _is_row(table: Table) -> bool:
    """Whether its rows are something by themselves; others say something about one, and go in the same batch."""
    return "id" in table.c


def _ids(rows: Sequence[Record]) -> list[UUID]:
    return [row["id"] for row in rows]


async def _rows(fetch: Fetch, organization_id: UUID, edge: Edge, ids: Sequence[UUID]) -> list[Record]:
    """Up to 1,000 of the rows at the end of an edge from any of `ids`, with the deletion that each is in."""
    return await fetch(_find(edge), {"organization_id": organization_id, "ids": ids})


@lru_cache(100)
def _find(edge: Edge) -> Statement:
    table = edge.child
    deletion_id = table.c.deletion_id if "deletion_id" in table.c else null().label("deletion_id")
    return prepare(
        select(table.c.id, deletion_id, table.c[edge.column].label("parent_id"))
        .where(*_referring(edge))
        .limit(literal(BATCH))
    )


async def _let_go(fetch: Fetch, organization_id: UUID, edge: Edge, rows: Sequence[Record]) -> list[Happened]:
    """Lets `rows` forget the parents that go, as anybody would who changed them: with a version and an event."""
    parents = list({row["parent_id"] for row in rows})
    values = {"organization_id": organization_id, "ids": _ids(rows), "parents": parents, "moment": now()}
    return [
        Happened(
            organization_id,
            EventType.UPDATED,
            noun_of_table(edge.child).source.typename,
            row["id"],
            differences({edge.column: row["parent_id"]}, {edge.column: None}),
        )
        for row in await fetch(_clear(edge), values)
    ]


@lru_cache(100)
def _clear(edge: Edge) -> Statement:
    """Only of rows that refer to them still: somebody may have changed one meanwhile."""
    table = edge.child
    locked = (
        select(table.c.id, table.c[edge.column].label("parent_id"))
        .where(*_referring(itself(table)), table.c[edge.column] == any_(bindparam("parents", type_=ARRAY(Uuid))))
        .order_by(table.c.id)
        .with_for_update(key_share=True)
        .cte("locked")
    )
    return prepare(
        update(table)
        .where(organization_of(table) == bindparam("organization_id", type_=Uuid), table.c.id == locked.c.id)
        .values(
            {
                edge.column: None,
                "version": table.c.version + 1,
                "updated_at": bindparam("moment", type_=table.c.updated_at.type),
            }
        )
        .returning(table.c.id, locked.c.parent_id)
    )


@lru_cache(100)
def _delete(edge: Edge) -> Statement:
    return prepare(delete(edge.child).where(*_referring(edge)))


def _referring(edge: Edge) -> tuple[Expression, Expression]:
    table = edge.child
    return (
        organization_of(table) == bindparam("organization_id", type_=Uuid),
        table.c[edge.column] == any_(bindparam("ids", type_=ARRAY(Uuid))),
    )


async def _remove(fetch: Fetch, organization_id: UUID, batch: Purged) -> None:
    along = [edge for edge in _references(batch.table) if not _is_row(edge.child)]
    for edge in (*along, itself(batch.table)):
        await fetch(_delete(edge), {"organization_id": organization_id, "ids": batch.ids})


async def _update_counts(fetch: Fetch, deletion: DeletionRow, batch: Purged, left: Counter[UUID | None]) -> None:
    """Takes the rows of a batch out of the deletions that hold them, and removes those that then hold nothing.

    The row of `deletion` is always written: who waits for it, to restore it, then looks again whether it is too late.
    """
    own = DeletionKey(deletion.organization_id, deletion.id)
    moves: defaultdict[DeletionKey, Counter[str]] = defaultdict(Counter, {own: Counter()})
    for deletion_id, amount in left.items():
        if deletion_id is not None:
            moves[DeletionKey(deletion.organization_id, deletion_id)][batch.table.name] = -amount
    await update_counts(fetch, moves, gone=batch.ids)
    every = batch.table is organizations
    ids = [key.deletion_id for key in moves]
    await fetch(_drop_empty(), {"organization_id": deletion.organization_id, "ids": ids, "every": every})


@statement
def _drop_empty() -> Clause:
    """Removes deletions that hold nothing; of an organization that goes every one that ever was."""
    columns = DELETIONS.table.c
    return delete(DELETIONS.table).where(
        columns.organization_id == bindparam("organization_id", type_=Uuid),
        bindparam("every", type_=Boolean) | (columns.id == any_(bindparam("ids", type_=ARRAY(Uuid)))),
        columns.restored_at.is_not(None),
    )


async def _forget_log(fetch: Fetch, organization_id: UUID) -> bool:
    """Removes up to 1,000 of an organization's events; whether none is left."""
    forgotten = await fetch(_forget(), {"organization_id": organization_id})
    return bool(forgotten[0]["amount"] < BATCH)


@statement
def _forget() -> Clause:
    organization_id = bindparam("organization_id", type_=Uuid)
    return select(func.trellis_forget(organization_id, literal(BATCH)).label("amount"))
