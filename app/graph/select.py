"""The statements of loaders: rows by key, and a page of rows for each of many parents."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
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
    tuple_,
)

from app.db.record import Row
from app.db.source import Source
from app.db.statement import Statement, prepare
from app.graph.budget import A_TOTAL
from app.graph.conditions import Condition
from app.graph.context import Context
from app.graph.dealing import counted, dealt
from app.graph.long_texts import fetch_measured, measured
from app.graph.page_ends import only_ends, placed
from app.graph.paging import DeletedScope, Order, Page, Slice

GIVEN = "given"  # the keys of a batch, in its statement


class Key(NamedTuple):
    """What a row is found by. The organization is a part of every key; people and the caller's own lists have none."""

    organization_id: UUID | None
    id: UUID


def scoped(source: Source) -> ColumnElement[bool]:
    """The second wall: only rows of the caller's organizations."""
    return the_callers(source.columns["organization_id"])


def the_callers(organization_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether it is one of the caller's. `Context.fetch` gives the parameter its value."""
    return organization_id == any_(bindparam("organization_ids", type_=ARRAY(Uuid)))


def given_keys() -> TableValuedAlias:
    """The keys of a batch as a table: organization_id, id, and their place in the batch, from 1 on."""
    return (
        func.unnest(*key_columns())
        .table_valued("organization_id", "id", with_ordinality="ordinal")
        .render_derived(GIVEN)
    )


def key_columns() -> tuple[ColumnElement[Any], ColumnElement[Any]]:
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
def _by_key(source: Source, columns: tuple[str, ...], *, live: bool) -> Statement:
    keys = given_keys()
    row = select(*(source.columns[name].label(name) for name in columns)).where(
        source.columns["organization_id"] == keys.c.organization_id, source.columns["id"] == keys.c.id
    )
    if live:
        row = row.where(source.columns["deleted_at"].is_(None))
    return prepare(measured(_of_each(keys, row.limit(literal_column("1"))), source), source)


def _of_each(keys: TableValuedAlias, child: Select[Any]) -> Select[Any]:
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


async def pages(context: Context, source: Source, parents: Sequence[Key], page: Page, *, by: str | None) -> list[Slice]:
    """A page of each parent's rows, in one statement; `by` is the column that holds the parent's id.

    Where `by` is None every row that the caller may see belongs to the one parent.
    """
    places = (page.order.column, "id")
    columns = tuple(sorted({*places})) if page.ends else context.columns(source, *places)
    shape = Shape(source, by, columns, page.order, page.backward, page.deleted, page.ends)
    bounds = (page.after is not None, page.before is not None)
    values = key_values(parents) | _page_values(page)
    if page.filter is None:
        statement = _plain_counts(shape, None) if page.count else _plain_pages(shape, bounds, None)
    else:
        condition, chosen = page.filter.where(source, context.budget.filter_path())
        statement = _filtered_counts(shape, condition) if page.count else _filtered_pages(shape, bounds, condition)
        values |= chosen
    if page.count or page.ends:
        context.budget.work += A_TOTAL * len(parents)
    if page.count:
        return counted(await context.fetch(statement, values), len(parents))
    if page.ends:
        return dealt(await context.fetch(statement, values), len(parents), page)
    # Each page reads a row more than it shows. Where so many rows come, too many of them would have been shown.
    rows = await fetch_measured(context, statement, values, source, beyond=len(parents) + 1)
    found = dealt(rows, len(parents), page)
    context.budget.take(sum(len(one.rows) for one in found))
    return found


def _page_values(page: Page) -> dict[str, Any]:
    values: dict[str, Any] = {"limit": page.size + 1}
    for name, position in (("after", page.after), ("before", page.before)):
        if position is not None:
            values |= {f"{name}_value": position[0], f"{name}_id": position[1]}
    return values


class Shape(NamedTuple):
    """All that the text of a page's statement depends on, but for its bounds and its filter."""

    source: Source
    by: str | None
    columns: tuple[str, ...]
    order: Order
    backward: bool
    deleted: DeletedScope
    ends: bool


def _pages(shape: Shape, bounds: tuple[bool, bool], condition: Condition | None) -> Statement:
    """LATERAL, so that each parent's rows are read off an index, as many as the page holds and one more."""
    source, order = shape.source, shape.order
    parents = given_keys()
    value, row_id = source.columns[order.column], source.columns["id"]
    child = _children(shape, parents, select(*(source.columns[name].label(name) for name in shape.columns)), condition)
    for bounded, name, later in zip(bounds, ("after", "before"), (True, False), strict=True):
        if bounded:
            place = tuple_(bindparam(f"{name}_value", type_=value.type), bindparam(f"{name}_id", type_=Uuid))
            here = tuple_(value, row_id)
            child = child.where(here > place if later != order.descending else here < place)
    if order.descending != shape.backward:
        value, row_id = value.desc(), row_id.desc()
    if shape.ends:
        child = placed(child, value, row_id)
    child = child.order_by(value, row_id).limit(bindparam("limit", type_=BigInteger))
    rows = _of_each(parents, child) if shape.by else _of_the_caller(parents, child)
    if shape.ends:
        return prepare(only_ends(rows))
    return prepare(measured(rows.limit(bindparam("most", type_=BigInteger)), source), source)


def _counts(shape: Shape, condition: Condition | None) -> Statement:
    parents = given_keys()
    child = _children(shape, parents, select(func.count().label("total")), condition)
    return prepare(_of_each(parents, child) if shape.by else _of_the_caller(parents, child))


# Without filters they are as many as the schema has lists, orders and columns. Of filters anybody makes new ones, which
# must not put the others out.
_plain_pages, _plain_counts = lru_cache(1000)(_pages), lru_cache(1000)(_counts)
_filtered_pages, _filtered_counts = lru_cache(500)(_pages), lru_cache(500)(_counts)


def _of_the_caller(callers: TableValuedAlias, child: Select[Any]) -> Select[Any]:
    """What `child` finds, which has no parent and is scoped itself."""
    lateral = child.lateral("child")
    return select(callers.c.ordinal, *lateral.c).select_from(callers.join(lateral, true()))


def _children(
    shape: Shape, parents: TableValuedAlias, columns: Select[Any], condition: Condition | None
) -> Select[Any]:
    source = shape.source
    child = columns.select_from(source.table)
    if shape.by is None:
        child = child.where(scoped(source))
    else:
        child = child.where(
            source.columns["organization_id"] == parents.c.organization_id, source.columns[shape.by] == parents.c.id
        )
    if shape.deleted is not DeletedScope.INCLUDE:
        deleted_at = source.columns["deleted_at"]
        child = child.where(deleted_at.is_(None) if shape.deleted is DeletedScope.EXCLUDE else deleted_at.is_not(None))
    return child if condition is None else child.where(condition.clause())
