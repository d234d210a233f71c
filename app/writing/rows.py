"""Writing rows: the statements behind creates and updates, which differ from noun to noun in their columns only."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy import (
    ARRAY,
    Uuid,
    bindparam,
    func,
    insert,
    join,
    literal_column,
    select,
    true,
    update,
)
from strawberry import UNSET

from app.db.columns import Expression, Rows, now
from app.db.record import Record, Row, Versioned
from app.db.source import Source
from app.db.statement import Parameters, Statement, prepare
from app.graph.context import Context
from app.graph.long_texts import fetch_measured, measured
from app.graph.select import rows_by_id
from app.writing.mutation import UserErrorCode, rejected

ExpectedVersion = Annotated[
    int | None, strawberry.argument(description="CONFLICT if this is not its version; null for any.")
]


async def rows_for_update(
    context: Context, source: Source[Row], ids: Sequence[UUID], *texts: str, deleted: bool = False
) -> list[Row | None]:
    """The row of each id, locked until the commit; None where the caller has none, or it is (not) `deleted`.

    It has what is computed of it too, such as whose a membership is, since policies ask for that; but of its long
    columns only `texts`, those that are to be changed or shown.

    Rows are locked in the order of their ids, so that two operations on the same ones cannot wait for each other, and
    so that others may still refer to them: an event refers to its organization while it holds the counter, for which
    whoever changes the organization waits in the end.
    """
    rows: list[Row] = await fetch_measured(context, _locked(source, texts, deleted), {"ids": list(set(ids))}, source)
    found = {row["id"]: row for row in rows}
    return [found.get(row_id) for row_id in ids]


async def rows_to_delete(context: Context, source: Source[Row], ids: Sequence[UUID]) -> list[Row | None]:
    """The row of each id: locked as above, or without a lock where it is deleted already; None where there is none."""
    rows = await rows_for_update(context, source, ids)
    gone = [row_id for row_id, row in zip(ids, rows, strict=True) if row is None]
    if not gone:
        return rows
    short = (name for name in source.columns if name not in source.long)
    before = dict(zip(gone, await rows_by_id(context, source, gone, *short), strict=True))
    return [row or before.get(row_id) for row_id, row in zip(ids, rows, strict=True)]


@lru_cache(100)
def _locked(source: Source, texts: tuple[str, ...], deleted: bool) -> Statement[Any]:
    table = source.table
    columns = {name: column for name, column in source.columns.items() if name in texts or name not in source.long}
    deleted_at = table.c.deleted_at
    row = select(*(column.label(name) for name, column in columns.items())).where(
        deleted_at.is_not(None) if deleted else deleted_at.is_(None)
    )
    return prepare(measured(of_ids(row.with_for_update(key_share=True), source), source), source)


def of_ids(row: Rows, source: Source) -> Rows:
    """What `row` finds of `source` for each of the parameter `ids`, in whichever of the caller's organizations: the
    second wall."""
    return of_keys(row, given_ids(), source.columns["organization_id"], source.table.c.id)


def given_ids() -> Rows:
    """The keys that `ids` may have: each of them in each of the caller's organizations."""
    own, asked = (
        func.unnest(bindparam(name, type_=ARRAY(Uuid))).table_valued("id").render_derived(name)
        for name in ("organization_ids", "ids")
    )
    return select(own.c.id.label("organization_id"), asked.c.id).select_from(join(own, asked, true()))


def of_keys(row: Rows, keys: Rows, organization_id: Expression, row_id: Expression) -> Rows:
    """What `row` finds for each of `keys`, an `organization_id` and an `id`, in the order of the ids, in which it locks
    where it does.

    A look-up for each: the planner does not know how few they are, and would rather read all that an organization has,
    or everybody.
    """
    given = keys.distinct().order_by(keys.selected_columns["id"]).subquery("given")
    here = (organization_id == given.c.organization_id) & (row_id == given.c.id)
    found = row.where(here).limit(literal_column("1")).lateral("found_row")
    return select(*found.c).select_from(given.join(found, true()))


async def insert_row(context: Context, source: Source[Row], values: Parameters) -> Row:
    """The row that was made of `values`; the database's constraints may refuse it."""
    moment = now()
    complete = {"created_at": moment, "updated_at": moment, **values}
    made: list[Row] = await context.fetch(_insert(source, tuple(complete)), complete)
    return made[0]


@lru_cache(100)
def _insert(source: Source, columns: tuple[str, ...]) -> Statement[Any]:
    """Other columns get the database's defaults; the models' own would come without a value."""
    values = [bindparam(name, type_=source.table.c[name].type) for name in columns]
    given = insert(source.table).from_select(columns, select(*values), include_defaults=False)
    return prepare(given.returning(*_whole(source)), source)


async def update_row(context: Context, source: Source[Row], row: Row, changes: Parameters) -> Row:
    """`row`, which the operation holds locked, with `changes`; its version rises where it has one."""
    values = {f"new_{name}": value for name, value in changes.items()}
    keys = {"key_organization_id": row["organization_id"], "key_id": row["id"], "moment": now()}
    changed: list[Row] = await context.fetch(_update(source, tuple(changes)), {**values, **keys})
    return changed[0]


@lru_cache(500)
def _update(source: Source, columns: tuple[str, ...]) -> Statement[Any]:
    table = source.table
    values: dict[str, Any] = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in columns}
    values["updated_at"] = bindparam("moment", type_=table.c.updated_at.type)
    if "version" in table.c:
        values["version"] = table.c.version + 1
    return prepare(
        update(table)
        .where(
            source.columns["organization_id"] == bindparam("key_organization_id", type_=Uuid),
            table.c.id == bindparam("key_id", type_=Uuid),
        )
        .values(values)
        .returning(*_whole(source)),
        source,
    )


def _whole(source: Source) -> list[Expression]:
    """Every column of the table, and the organization where it has no column of that name."""
    columns = {**dict(source.table.c.items()), "organization_id": source.columns["organization_id"]}
    return [column.label(name) for name, column in columns.items()]


def require_version(row: Versioned, expected: int | None, *, shown: Record | None = None) -> None:
    """Raises Rejected, with `shown` in the payload, where `row` has changed since version `expected`."""
    if expected not in (None, UNSET, row.version):
        message = f"It has changed since: its version is {row.version}, not {expected}. Look at it and try again."
        raise rejected(UserErrorCode.CONFLICT, message, "expectedVersion", row=shown)
