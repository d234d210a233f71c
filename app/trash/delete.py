"""Deleting: the rows that were asked for and everything under them, as one deletion that can be undone."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from sqlalchemy import ARRAY, Table, Uuid, bindparam, func, insert, null, select, update

from app.db.columns import new_id, now
from app.db.record import DeletableRow
from app.db.source import Source
from app.db.statement import Clause, Statement, as_few, prepare, statement_of
from app.events.models import EventType
from app.events.record import record
from app.graph.context import Context
from app.graph.select import Key
from app.settings.loaders import Subject
from app.settings.resolve import effective_settings
from app.trash.cascade import organization_of, owned_under
from app.trash.loaders import DELETIONS, KINDS, deletion_by_id
from app.trash.rows import DeletionRow
from app.trash.take_long import taking_long
from app.writing.mutation import UserErrorCode, rejected


async def delete_rows(context: Context, source: Source, rows: Sequence[DeletableRow]) -> DeletionRow | None:
    """Deletes those of `rows` that live, which the operation has locked, and everything under them.

    Answers the row of the deletion; where all of them are deleted already, that of the one that the first is in.
    Raises Rejected where they are of several organizations. One event is recorded for each row that is deleted; what
    went with them is said by their deletion.
    """
    first, rows = rows[0], [row for row in rows if row.deleted_at is None]
    if not rows:
        gone_by = first.deletion_id
        return await context.load(deletion_by_id, Key(first.organization_id, gone_by)) if gone_by else None
    deleted_at = now()
    stamp = _new_stamp(rows, deleted_at)
    ids = [row.id for row in rows]
    counts = await _stamp_all(context, source.table, ids, stamp)
    purge_at = deleted_at + await _retention(context, rows)
    deletion = await _insert_deletion(context, source, ids, {**stamp, "purge_at": purge_at}, counts)
    for row in rows:
        record(context, EventType.DELETED, row, after={name: stamp[name] for name in ("deleted_at", "deletion_id")})
    context.batches.clear()
    return deletion


def _new_stamp(rows: Sequence[DeletableRow], deleted_at: datetime) -> dict[str, object]:
    organizations = {row.organization_id for row in rows}
    if len(organizations) > 1:
        message = "They are of several organizations: delete those of each organization by themselves."
        raise rejected(UserErrorCode.INVALID, message, "ids")
    return {"organization_id": organizations.pop(), "deletion_id": new_id(), "deleted_at": deleted_at}


async def _retention(context: Context, rows: Sequence[DeletableRow]) -> timedelta:
    """For how long `rows` can be restored: what their team says, or else the organization; of several the longest."""
    subjects = {Subject(row.organization_id, row.get("team_id", row.id)) for row in rows}
    settings = await effective_settings(context, list(subjects))
    return timedelta(days=max(one.retention_days.value for one in settings))


async def _stamp_all(context: Context, root: Table, ids: list[UUID], stamp: dict[str, object]) -> Counter[str]:
    """How many rows of each table were stamped.

    Parents come before their children. Who makes or moves a child locks its parent first, so once the parents are
    stamped there is no child that the next statement would not see.
    """
    await context.fetch(_stamp(root, "id"), {**stamp, "ids": ids})
    counts = Counter({root.name: len(ids)})
    if owned_under(root):
        async with taking_long(context):
            counts += await _stamp_under(context, root, ids, stamp)
    return counts


async def _stamp_under(context: Context, root: Table, ids: list[UUID], stamp: dict[str, object]) -> Counter[str]:
    counts: Counter[str] = Counter()
    taken = defaultdict(list, {root: ids})
    for edge in owned_under(root):
        if taken[edge.parent]:
            of_edge = (await context.fetch(_stamp(edge.child, edge.column), {**stamp, "ids": taken[edge.parent]}))[0]
            counts[edge.child.name] += of_edge["total"]
            taken[edge.child].extend(of_edge["ids"] or ())
    context.budget.work += counts.total()
    return counts


@lru_cache(100)
def _stamp(table: Table, column: str) -> Statement:
    """Stamps the live rows of `table` whose `column` is among the ids; answers their ids only if others need them."""
    ids = bindparam("ids", type_=ARRAY(Uuid))
    given = as_few(func.unnest(ids).table_valued("id").render_derived("given"), func.cardinality(ids))
    stamped = (
        update(table)
        .where(
            organization_of(table) == bindparam("organization_id", type_=Uuid),
            table.c[column] == given.c.id,
            table.c.deleted_at.is_(None),
        )
        .values({name: bindparam(name, type_=table.c[name].type) for name in ("deleted_at", "deletion_id")})
        .returning(table.c.id)
        .cte("stamped")
    )
    found = func.array_agg(stamped.c.id) if owned_under(table) else null()
    return prepare(select(func.count().label("total"), found.label("ids")).select_from(stamped))


async def _insert_deletion(
    context: Context, source: Source, ids: list[UUID], stamp: dict[str, object], counts: Counter[str]
) -> DeletionRow:
    values = {
        "organization_id": stamp["organization_id"],
        "id": stamp["deletion_id"],
        "subject_type": source.typename,
        "subject_ids": ids,
        "deleted_by": context.actor.user_id,
        "deleted_at": stamp["deleted_at"],
        "purge_at": stamp["purge_at"],
        **{kind: counts[kind] for kind in KINDS},
    }
    return (await context.fetch(_insert(), values))[0]


@statement_of(DELETIONS)
def _insert() -> Clause:
    columns = [column for column in DELETIONS.table.c if column.name not in ("restored_at", "conversations")]
    values = {column.name: bindparam(column.name, type_=column.type) for column in columns}
    return insert(DELETIONS.table).values(values).returning(*DELETIONS.table.c)
