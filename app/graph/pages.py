"""A page of rows for each of many parents, and how many they have, in one statement."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Subquery,
    TableValuedAlias,
    Uuid,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    true,
    tuple_,
)

from app.db.columns import Expression, Rows
from app.db.source import Source
from app.db.statement import Statement, prepare
from app.graph.budget import A_TOTAL
from app.graph.conditions import Condition
from app.graph.context import Context
from app.graph.dealing import counted, dealt
from app.graph.long_texts import fetch_measured, measured
from app.graph.page_ends import only_ends, placed
from app.graph.paging import DeletedScope, Order, Page, Slice
from app.graph.select import Key, given_keys, key_values, of_each, scoped


async def pages(
    context: Context,
    source: Source,
    parents: Sequence[Key],
    page: Page,
    *,
    by: str | None,
    through: Subquery | None = None,
) -> list[Slice]:
    """A page of each parent's rows, in one statement; `by` is the column that holds the parent's id.

    Where `by` is None every row that the caller may see belongs to the one parent, and with `through` every row that
    holds the `id` of one of these, which have an `organization_id` too and are the caller's.
    """
    places = (page.order.column, "id", *(("organization_id",) if through is not None else ()))
    columns = tuple(sorted({*places})) if page.ends else context.columns(source, *places)
    shape = Shape(source, by, through, columns, page.order, page.backward, page.deleted, page.ends)
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
    through: Subquery | None
    columns: tuple[str, ...]
    order: Order
    backward: bool
    deleted: DeletedScope
    ends: bool


def _pages(shape: Shape, bounds: tuple[bool, bool], condition: Condition | None) -> Statement:
    """LATERAL, so that each parent's rows are read off an index, as many as the page holds and one more."""
    source, order, parents = shape.source, shape.order, given_keys()
    value, row_id = source.columns[order.column], source.columns["id"]
    child = _children(shape, parents, select(*(source.columns[name].label(name) for name in shape.columns)), condition)
    for bounded, name, later in zip(bounds, ("after", "before"), (True, False), strict=True):
        if bounded:
            place = tuple_(bindparam(f"{name}_value", type_=value.type), bindparam(f"{name}_id", type_=Uuid))
            here = tuple_(value, row_id)
            child = child.where(here > place if later != order.descending else here < place)
    if shape.through is not None:
        own = _first(shape, child, value, row_id).lateral("own")
        child = select(*own.c).select_from(shape.through.join(own, true()))
        value, row_id = own.c[order.column], own.c["id"]
    child = _first(shape, child, value, row_id, ends=shape.ends)
    rows = _of_parents(shape, parents, child)
    if shape.ends:
        return prepare(only_ends(rows))
    return prepare(measured(rows.limit(bindparam("most", type_=BigInteger)), source), source)


def _first(shape: Shape, rows: Rows, value: Expression, row_id: Expression, *, ends: bool = False) -> Rows:
    """As many of `rows` as the page holds and one more, in its order."""
    if shape.order.descending != shape.backward:
        value, row_id = value.desc(), row_id.desc()
    if ends:
        rows = placed(rows, value, row_id)
    return rows.order_by(value, row_id).limit(bindparam("limit", type_=BigInteger))


def _counts(shape: Shape, condition: Condition | None) -> Statement:
    parents = given_keys()
    child = _children(shape, parents, select(func.count().label("total")), condition)
    if shape.through is not None:
        own = child.lateral("own")
        total = cast(func.coalesce(func.sum(own.c.total), literal_column("0")), BigInteger)
        child = select(total.label("total")).select_from(shape.through.join(own, true()))
    return prepare(_of_parents(shape, parents, child))


# Without filters they are as many as the schema has lists, orders and columns. Of filters anybody makes new ones, which
# must not put the others out.
_plain_pages, _plain_counts = lru_cache(1000)(_pages), lru_cache(1000)(_counts)
_filtered_pages, _filtered_counts = lru_cache(500)(_pages), lru_cache(500)(_counts)


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
