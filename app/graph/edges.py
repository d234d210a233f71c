"""The edges of the graph, each in one line: `team: Team = to_one(team_by_id, "team_id")`."""

from collections.abc import Callable, Hashable, Sequence
from inspect import Parameter
from operator import itemgetter
from typing import Any, NamedTuple

from app.db.source import Source
from app.graph.connections import Listing
from app.graph.context import Context
from app.graph.dataloader import Batch
from app.graph.fields import Arguments, argument, by_level
from app.graph.paging import LARGEST_SIZE, DeletedScope, Order, OrderDirection, page_of
from app.graph.select import Key


def to_one(batch: Batch, column: str, *, description: str, surely: Source | None = None) -> Any:
    """The row that `column` refers to; null where the column is.

    It is `surely` there, as a row of that source, where the column is part of a foreign key into the same organization:
    who sees the one row sees the other, so that of `assignee { id }` nothing has to be loaded.
    """

    reference = itemgetter("organization_id", column)

    def level(context: Context, rows: Sequence[Any], _arguments: Arguments) -> Any:
        keys = [None if key[1] is None else key for key in map(reference, rows)]
        if surely is not None and context.asks_for_keys(surely):
            known = {key: key and surely.reference(organization_id=key[0], id=key[1]) for key in set(keys)}
            return list(map(known.__getitem__, keys))
        return context.load_many(batch, keys)

    return by_level(level, description=description, needs=("organization_id", column))


def key_of_row(_context: Context, row: Any) -> Key:
    """The key that a row's children hold."""
    return Key(row.organization_id, row.id)


def key_of_actor(context: Context, _row: Any) -> Key:
    """For lists that belong to whoever is calling; raises Unauthenticated."""
    return Key(None, context.actor.id)


class ListOf(NamedTuple):
    """How the rows of a table are listed, whatever they are listed for."""

    source: Source
    order: Order  # unless `orderBy` asks for another
    orders: type | None = None  # the input that does
    filters: type | None = None  # the input that chooses among them
    deletable: bool = True


def to_many(
    batch: Batch, rows: ListOf, *, description: str, key: Callable[[Context, Any], Hashable] = key_of_row
) -> Any:
    """A connection to the rows that `batch` finds for the key of the row that has the field."""

    def level(context: Context, parents: Sequence[Any], arguments: Arguments) -> list[Listing]:
        page = page_of(rows.source, _chosen_order(arguments, rows.order), arguments)
        return [Listing(rows.source, batch, key(context, parent), page, level) for parent in parents]

    return by_level(
        level,
        description=description,
        needs=("organization_id", "id") if key is key_of_row else (),
        arguments=_arguments(rows),
    )


def _chosen_order(arguments: Arguments, default: Order) -> Order:
    """The order that a connection's `orderBy` asks for."""
    chosen = arguments.get("order_by")
    if chosen is None:
        return default
    if not chosen.direction:  # left out or null
        return Order(chosen.field.value, descending=chosen.field in chosen.usually_descending)
    return Order(chosen.field.value, descending=chosen.direction is OrderDirection.DESC)


def _arguments(rows: ListOf) -> list[Parameter]:
    """The arguments of a connection, in the order in which the schema shows them."""
    shown = []
    if rows.filters is not None:
        shown.append(argument("filter", rows.filters | None, "Only objects for which all of this holds; null for all."))
    if rows.orders is not None:
        shown.append(argument("order_by", rows.orders | None, "What the list is sorted by."))
    if rows.deletable:
        shown.append(argument("deleted", DeletedScope, "Whether deleted objects are listed.", DeletedScope.EXCLUDE))
    return [
        *shown,
        argument("first", int | None, f"How many objects from the start on, at most {LARGEST_SIZE}; 20 by default."),
        argument("after", str | None, "Only objects after this cursor; null or empty for the start."),
        argument("last", int | None, f"How many objects from the end back, at most {LARGEST_SIZE}; not with `first`."),
        argument("before", str | None, "Only objects before this cursor; null or empty for the end."),
    ]
