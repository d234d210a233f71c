"""The statements of loaders that find rows by key."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    TableValuedAlias,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    true,
)

from app.db.columns import Expression, Rows
from app.db.record import Row
from app.db.source import Source
from app.db.statement import Statement, prepare
from app.graph.context import Context
from app.graph.long_texts import fetch_measured, measured

GIVEN = "given"  # the keys of a batch, in its statement


class Key(NamedTuple):
    """What a row is found by. The organization is a part of every key; people and the caller's own lists have none."""

    organization_id: UUID | None
    id: UUID


def scoped(source: Source) -> ColumnElement[bool]:
    """The second wall: only rows of the caller's organizations."""
    return the_callers(source.columns["organization_id"])


def the_callers(organization_id: Expression) -> ColumnElement[bool]:
    """Whether it is one of the caller's. `Context.fetch` gives the parameter its value."""
    return organization_id == any_(bindparam("organization_ids", type_=ARRAY(Uuid)))


def given_keys() -> TableValuedAlias:
    """The keys of a batch as a table: organization_id, id, and their place in the batch, from 1 on."""
    return (
        func.unnest(*key_columns())
        .table_valued("organization_id", "id", with_ordinality="ordinal")
        .render_derived(GIVEN)
    )


def key_columns() -> tuple[Expression, Expression]:
    """The keys of a batch as two arrays, of the organizations and of the ids, to which `key_values` gives the values.

    They are sent as text: of an array the driver looks at each element several times, for arrays in it, 1 µs each.
    """
    names = "key_organization_ids", "key_ids"
    organization_ids, ids = (cast(bindparam(name, type_=Text), ARRAY(Uuid)) for name in names)
    return organization_ids, ids


def organization_of_parent() -> ColumnElement[UUID]:
    """For conditions on a page's rows that look something up in another table: once a parent, and not once a row."""
    return literal_column(f"{GIVEN}.organization_id", Uuid)


def key_values(keys: Sequence[Key]) -> dict[str, Any]:
    """The parameters of `given_keys` and `key_columns`."""
    organization_ids = ["NULL" if key[0] is None else str(key[0]) for key in keys]
    ids = [str(key[1]) for key in keys]
    return {"key_organization_ids": f"{{{','.join(organization_ids)}}}", "key_ids": f"{{{','.join(ids)}}}"}


async def rows_by_key(context: Context, source: Source[Row], keys: Sequence[Key], *more: str) -> list[Row | None]:
    """The row of each key, deleted or not, with what is asked for and `more`; None where the caller has no such row."""
    statement = _by_key(source, context.columns(source, "organization_id", "id", *more), live=False)
    rows: list[Row] = await fetch_measured(context, statement, key_values(keys), source)
    found = {row["ordinal"]: row for row in rows}
    return [found.get(ordinal) for ordinal in range(1, len(keys) + 1)]


async def rows_by_id(context: Context, source: Source[Row], ids: Sequence[UUID], *more: str) -> list[Row | None]:
    """The row of each id, deleted or not, in whichever of the caller's organizations; None where there is none.

    It has the columns that the operation asks for, and `more`.
    """
    return await _rows_by_id(context, source, ids, more, live=False)


async def live_rows(context: Context, source: Source[Row], ids: Sequence[UUID], *more: str) -> list[Row | None]:
    """The same, and None where it is deleted."""
    return await _rows_by_id(context, source, ids, more, live=True)


async def _rows_by_id(
    context: Context, source: Source[Row], ids: Sequence[UUID], more: tuple[str, ...], *, live: bool
) -> list[Row | None]:
    keys = [Key(organization_id, row_id) for row_id in ids for organization_id in context.organization_ids]
    statement = _by_key(source, context.columns(source, "organization_id", "id", *more), live=live)
    rows: list[Row] = await fetch_measured(context, statement, key_values(keys), source)
    found = {row["id"]: row for row in rows}
    return [found.get(row_id) for row_id in ids]


@lru_cache(1000)
def _by_key(source: Source, columns: tuple[str, ...], *, live: bool) -> Statement[Any]:
    keys = given_keys()
    row = select(*(source.columns[name].label(name) for name in columns)).where(
        source.columns["organization_id"] == keys.c.organization_id, source.columns["id"] == keys.c.id
    )
    if live:
        row = row.where(source.columns["deleted_at"].is_(None))
    return prepare(measured(of_each(keys, row.limit(literal_column("1"))), source), source)


def of_each(keys: TableValuedAlias, child: Rows) -> Rows:
    """What `child` finds for each key: it takes the organization from there, and so is scoped there.

    LATERAL with a limit is a look-up for each key, whatever the planner expects. A second condition on the child's own
    organization would make it expect a single row of the largest one, and sort or hash them all.
    """
    lateral = child.lateral("child")
    return (
        select(keys.c.ordinal, *lateral.c)
        .select_from(keys.join(lateral, true()))
        .where(the_callers(keys.c.organization_id))
    )
