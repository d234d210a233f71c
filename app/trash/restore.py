"""Restoring: deleted rows come back, and with them exactly what their deletions took under them.

One rule keeps every live row under live owners. A row that its deletion would bring back, but that has another owner in
the trash, is handed over to that owner's deletion and comes back with it: a member of a team that was deleted, who was
then removed from the organization. So, whatever is restored first, a row lives when nothing is left that deleted it or
an owner of it.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

import asyncpg
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Table,
    Uuid,
    bindparam,
    case,
    func,
    null,
    select,
    true,
    update,
)

from app.auth.guards import require_row
from app.db.record import DeletableRow
from app.db.source import Source
from app.db.statement import Clause, Fetch, Statement, as_few, prepare, statement
from app.events.models import EventType
from app.events.record import record
from app.graph.context import Context
from app.trash.cascade import Edge, itself, noun_of, organization_of, owned_under, owners_of
from app.trash.counts import DeletionKey, update_counts
from app.trash.loaders import DELETIONS, IN_TRASH
from app.trash.take_long import taking_long
from app.writing.mutation import SHARD, Rejected, UserError, UserErrorCode, rejected
from app.writing.rows import given_ids, of_ids, of_keys

STAMP = ("deleted_at", "deletion_id")
Patience = AbstractAsyncContextManager[None]


class Released(NamedTuple):
    """A row that has left its deletion: to live or, where there is an heir, for that deletion."""

    organization_id: UUID
    id: UUID
    deletion_id: UUID
    heir: UUID | None


@dataclass
class Counts:
    """What a restore has done so far; `released` holds only rows that others may be under."""

    released: defaultdict[Table, list[Released]] = field(default_factory=lambda: defaultdict(list))
    moves: defaultdict[DeletionKey, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    restored: Counter[str] = field(default_factory=Counter)


async def restore_rows(context: Context, source: Source, rows: Sequence[DeletableRow]) -> Counter[str]:
    """Restores `rows`, deleted and locked by the operation; answers how many rows of each table are back.

    Raises as `bring_back` does. One event is recorded for each of `rows`.
    """
    restored = await bring_back(context.fetch, source.table, rows, patience=taking_long(context))
    for row in rows:
        record(context, EventType.RESTORED, row, before={name: row[name] for name in STAMP}, after=dict.fromkeys(STAMP))
    context.batches.clear()
    context.budget.work += restored.total()
    return restored


async def bring_back(
    fetch: Fetch, table: Table, rows: Sequence[DeletableRow], *, patience: Patience | None = None
) -> Counter[str]:
    """The same without an operation: `fetch` knows the `organization_ids`, `patience` is around what may take long.

    Raises NotFound where the time to restore is over, and Rejected where what a row belongs to is deleted
    (PARENT_DELETED) or its name is another's by now (TAKEN).
    """
    await _lock_deletions(fetch, table, rows)
    await _require_owners(fetch, table, rows)
    counts = Counts()
    roots = [Released(row["organization_id"], row["id"], row["deletion_id"], None) for row in rows]
    try:
        await _release(fetch, itself(table), roots, counts)
    except asyncpg.UniqueViolationError as violation:
        raise _taken(table, violation) from None
    if owned_under(table):
        async with patience or nullcontext():
            await _release_under(fetch, table, counts)
    await update_counts(fetch, counts.moves, gone=[row.id for row in rows])
    return counts.restored


async def _release_under(fetch: Fetch, root: Table, counts: Counts) -> None:
    for edge in owned_under(root):
        if parents := counts.released[edge.parent]:
            await _lock_other_owners(fetch, edge, parents)
            await _release(fetch, edge, parents, counts)


async def _lock_deletions(fetch: Fetch, table: Table, rows: Sequence[DeletableRow]) -> None:
    """Locks the deletions of `rows`, so that no two operations take from one at once; raises NotFound for one past its
    time, of which the purge may have removed a part already."""
    ids = {row.deletion_id for row in rows}
    locked = {row["id"]: row for row in await fetch(_lock(), {"ids": list(ids)})}
    for deletion_id in ids:
        require_row(locked.get(deletion_id), noun_of(table))


@statement
def _lock() -> Clause:
    return of_ids(select(DELETIONS.table.c.id).where(IN_TRASH).with_for_update(), DELETIONS)


async def _require_owners(fetch: Fetch, table: Table, rows: Sequence[DeletableRow]) -> None:
    """Raises Rejected where a row belongs to a deleted one; else its owners cannot be deleted until the commit."""
    errors = []
    for edge in owners_of(table):
        ids = [row[edge.column] for row in rows if row[edge.column] is not None]
        owners = {row["id"] for row in await fetch(_lock_live(edge.parent), {"ids": ids})}
        if not owners.issuperset(ids):
            message = f"The {noun_of(edge.parent)} it belongs to is deleted: restore that first."
            errors.append(UserError(code=UserErrorCode.PARENT_DELETED, message=message, path=["id"]))
    if errors:
        raise Rejected(*errors)


@lru_cache(100)
def _lock_live(table: Table) -> Statement:
    row = select(table.c.id).where(table.c.deleted_at.is_(None)).with_for_update(read=True)
    return prepare(of_keys(row, given_ids(), organization_of(table), table.c.id))


async def _lock_other_owners(fetch: Fetch, edge: Edge, parents: Sequence[Released]) -> None:
    """Locks what else the children of `parents` belong to: whether that is deleted decides what becomes of them."""
    for other in _others(edge):
        await fetch(_lock_others(edge, other), _given_values(parents))


@lru_cache(100)
def _lock_others(edge: Edge, other: Edge) -> Statement:
    given, child, owner = _given(), edge.child, other.parent
    columns = organization_of(child).label("organization_id"), child.c[other.column].label("id")
    children = select(*columns).where(_children(edge, given)).lateral("children")
    owners = select(*children.c).select_from(given.join(children, true()))
    row = select(owner.c.id).with_for_update(read=True)
    locked = of_keys(row, owners, organization_of(owner), owner.c.id).cte("locked")
    return prepare(select(func.count()).select_from(locked))


async def _release(fetch: Fetch, edge: Edge, parents: Sequence[Released], counts: Counts) -> None:
    """Takes the children of `parents` that are in the same deletion as their parent out of it."""
    kind = edge.child.name
    for row in await fetch(_release_children(edge), _given_values(parents)):
        organization_id, deletion_id, heir = row["organization_id"], row["deletion_id"], row["heir"]
        counts.moves[DeletionKey(organization_id, deletion_id)][kind] -= row["total"]
        if heir is None:
            counts.restored[kind] += row["total"]
        else:
            counts.moves[DeletionKey(organization_id, heir)][kind] += row["total"]
        counts.released[edge.child] += [Released(organization_id, one, deletion_id, heir) for one in row["ids"] or ()]


@lru_cache(100)
def _release_children(edge: Edge) -> Statement:
    """The ids of the rows are answered only where others may be under them."""
    given, table = _given(), edge.child
    heir = func.coalesce(given.c.heir, *(_deletion_of_owner(other) for other in _others(edge)))
    released = (
        update(table)
        .where(_children(edge, given))
        .values(deletion_id=heir, deleted_at=case((heir.is_not(None), table.c.deleted_at)))
        .returning(table.c.id, given.c.organization_id, given.c.deletion_id, table.c.deletion_id.label("heir"))
        .cte("released")
    )
    columns = released.c
    group = (columns.organization_id, columns.deletion_id, columns.heir)
    ids = func.array_agg(columns.id) if owned_under(table) else null()
    return prepare(select(*group, func.count().label("total"), ids.label("ids")).group_by(*group))


def _deletion_of_owner(edge: Edge) -> ColumnElement[UUID]:
    """The deletion that the owner of a child is in; NULL where it lives."""
    owner, child = edge.parent.alias("owner"), edge.child
    same = organization_of(owner) == organization_of(child)
    return (
        select(owner.c.deletion_id).where(same, owner.c.id == child.c[edge.column]).correlate(child).scalar_subquery()
    )


def _others(edge: Edge) -> list[Edge]:
    return [other for other in owners_of(edge.child) if other != edge]


def _children(edge: Edge, given: FromClause) -> ColumnElement[bool]:
    child = edge.child
    return (
        (organization_of(child) == given.c.organization_id)
        & (child.c[edge.column] == given.c.id)
        & (child.c.deletion_id == given.c.deletion_id)
    )


def _given() -> FromClause:
    """Released rows as a table."""
    names = ("organization_ids", "ids", "deletion_ids", "heirs")
    arrays = [bindparam(f"key_{name}", type_=ARRAY(Uuid)) for name in names]
    given = func.unnest(*arrays).table_valued("organization_id", "id", "deletion_id", "heir", name="given")
    return as_few(given.render_derived(), func.cardinality(arrays[0]))


def _given_values(parents: Sequence[Released]) -> dict[str, object]:
    columns = zip(*parents, strict=True)
    return dict(
        zip(("key_organization_ids", "key_ids", "key_deletion_ids", "key_heirs"), map(list, columns), strict=True)
    )


def _taken(table: Table, violation: asyncpg.UniqueViolationError) -> Rejected:
    """What a unique index, which says so in its `info`, means for who restores."""
    name = SHARD.sub("", violation.constraint_name or "")
    message = next(index.info["taken"] for index in table.indexes if index.name == name)
    return rejected(UserErrorCode.TAKEN, message, "id")
