"""A page of rows for each of many parents, and how many they have, in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Subquery,
    TableValuedAlias,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    true,
)

from app.db.columns import Expression, Rows
from app.db.source import Source
from app.db.statement import Statement, prepare
from app.graph.budget import A_TOTAL, SORTED_AN_OBJECT
from app.graph.conditions import Condition
from app.graph.context import Context
from app.graph.dealing import counted, dealt
from app.graph.long_texts import fetch_measured, measured
from app.graph.page_ends import only_ends, placed
from app.graph.paging import MOST_SORTED, DeletedScope, Orders, Page, Slice, beyond, check_sortable, sorting, whole
from app.graph.select import Key, given_keys, key_values, of_each, scoped


async def pages(  # noqa: PLR0913  # each says whose rows the list has
    context: Context,
    source: Source,
    parents: Sequence[Key],
    page: Page,
    *,
    by: str | None,
    through: Subquery | None = None,
    among: Sequence[UUID] | None = None,
) -> list[Slice]:
    """A page of each parent's rows, in one statement; `by` is the column that holds the parent's id.

    Where `by` is None every row that the caller may see belongs to the one parent, and with `through` every row that
    holds the `id` of one of these, which have an `organization_id` too and are the caller's; `among` narrows whose.
    Where no index has the rows in the order of the page, another statement finds out whether they are too many to be
    sorted; raises TooManyToSort.
    """
    if not (page.indexed or page.count):
        counting = replace(page, count=True)
        found = await pages(context, source, parents, counting, by=by, through=through, among=among)
        context.budget.work += check_sortable(found) // SORTED_AN_OBJECT
    places = (*(one.column for one in whole(page.orders)), *(("organization_id",) if through is not None else ()))
    columns = tuple(sorted({*places})) if page.ends else context.columns(source, *places)
    shape = Shape(source, by, through, columns, page.orders, page.backward, page.deleted, page.ends, page.indexed)
    values = key_values(parents) | page.values | ({} if among is None else {"organization_ids": among})
    condition: Condition | None = None
    if page.filter is not None:
        condition, chosen = page.filter.where(source, context.budget.filter_path())
        values |= chosen
    statement = _statement(shape, page, condition)
    if page.count or page.ends:
        context.budget.work += A_TOTAL * len(parents)
    if page.count:
        return counted(await context.fetch(statement, values), len(parents))
    if page.ends:
        return dealt(await context.fetch(statement, values), len(parents), page)
    # Each page reads a row more than it shows. Where so many rows come, too many of them would have been shown.
    rows = await fetch_measured(context, statement, values, source, beyond=len(parents) + 1)
    return _taken(context, dealt(rows, len(parents), page))


def _taken(context: Context, found: list[Slice]) -> list[Slice]:
    context.budget.take(sum(len(one.rows) for one in found))
    return found


class Shape(NamedTuple):
    """All that the text of a page's statement depends on, but for its bounds and its filter."""

    source: Source
    by: str | None
    through: Subquery | None
    columns: tuple[str, ...]
    orders: Orders
    backward: bool
    deleted: DeletedScope
    ends: bool
    indexed: bool


def _pages(shape: Shape, bounds: tuple[bool, bool], condition: Condition | None) -> Statement:
    """LATERAL, so that each parent's rows are read off an index, as many as the page holds and one more."""
    source, parents = shape.source, given_keys()
    child = _children(shape, parents, select(*(source.columns[name].label(name) for name in shape.columns)), condition)
    for bounded, name, later in zip(bounds, ("after", "before"), (True, False), strict=True):
        if bounded:
            child = child.where(beyond(source, shape.orders, name, backward=not later))
    columns: Mapping[str, Expression] = source.columns
    if shape.through is not None:
        own = _first(shape, child, columns).lateral("own")
        child, columns = select(*own.c).select_from(shape.through.join(own, true())), dict(own.c.items())
    rows = _of_parents(shape, parents, _first(shape, child, columns, ends=shape.ends))
    if shape.ends:
        return prepare(only_ends(rows))
    return prepare(measured(rows.limit(bindparam("most", type_=BigInteger)), source), source)


def _first(shape: Shape, rows: Rows, columns: Mapping[str, Expression], *, ends: bool = False) -> Rows:
    """As many of `rows` as the page holds and one more, in its order."""
    keys = sorting(columns, shape.orders, backward=shape.backward)
    if ends:
        rows = placed(rows, *keys)
    return rows.order_by(*keys).limit(bindparam("limit", type_=BigInteger))


def _counts(shape: Shape, condition: Condition | None) -> Statement:
    parents = given_keys()
    child = select(func.count().label("total"))
    if shape.indexed:
        child = _children(shape, parents, child, condition)
    else:  # whether they are too many to be sorted: no more are counted
        most: Expression = literal_column(str(MOST_SORTED + 1))
        some = _children(shape, parents, select(shape.source.columns["id"]), condition).limit(most)
        owner = parents if shape.through is None else shape.through
        child = child.select_from(some.correlate(owner).subquery())
    if shape.through is not None:
        own = child.lateral("own")
        total = cast(func.coalesce(func.sum(own.c.total), literal_column("0")), BigInteger)
        child = select(total.label("total")).select_from(shape.through.join(own, true()))
    return prepare(_of_parents(shape, parents, child))


# Plain ones are as many as the schema has lists, orders and columns. Of filters, and orders that have no index, anybody
# makes new ones, which must not put the others out.
_plain_pages, _plain_counts = lru_cache(1000)(_pages), lru_cache(1000)(_counts)
_other_pages, _other_counts = lru_cache(500)(_pages), lru_cache(500)(_counts)


def _statement(shape: Shape, page: Page, condition: Condition | None) -> Statement:
    plain = condition is None and page.indexed
    bounds = (page.after is not None, page.before is not None)
    if page.count:
        return (_plain_counts if plain else _other_counts)(shape, condition)
    return (_plain_pages if plain else _other_pages)(shape, bounds, condition)


def _of_parents(shape: Shape, parents: TableValuedAlias, child: Rows) -> Rows:
    """What `child` finds for each parent; it is scoped itself where its one parent is the caller."""
    if shape.by is not None and shape.through is None:
        return of_each(parents, child)
    lateral = child.lateral("child")
    return select(parents.c.ordinal, *lateral.c).select_from(parents.join(lateral, true()))


def _children(shape: Shape, parents: TableValuedAlias, columns: Rows, condition: Condition | None) -> Rows:
    source = shape.source
    child = columns.select_from(source.table)
    if shape.by is None:
        child = child.where(scoped(source))
    else:
        owner = parents if shape.through is None else shape.through
        holds, narrow = source.columns[shape.by], condition is not None and condition.narrow
        # The planner takes each parent for small, and would rather read all that one has than use the other index.
        of_parent = holds.is_not_distinct_from(owner.c.id) if narrow else holds == owner.c.id
        child = child.where(source.columns["organization_id"] == owner.c.organization_id)
        if shape.by != "organization_id":  # said twice, the planner would take an organization's rows for one
            child = child.where(of_parent)
    if shape.deleted is not DeletedScope.INCLUDE:
        deleted_at = source.columns["deleted_at"]
        child = child.where(deleted_at.is_(None) if shape.deleted is DeletedScope.EXCLUDE else deleted_at.is_not(None))
    return child if condition is None else child.where(condition.clause())
