"""The edges of the graph, each in one line: `team: Team = to_one(team_by_id, "team_id")`."""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from inspect import Parameter
from operator import itemgetter
from typing import Any, NamedTuple

from app.db.source import Source
from app.graph.connections import Listing
from app.graph.context import Context
from app.graph.dataloader import Batch
from app.graph.errors import BadUserInput
from app.graph.fields import Arguments, argument, by_level
from app.graph.paging import LARGEST_SIZE, MOST_SORTED, DeletedScope, Order, OrderDirection, Orders, page_of
from app.graph.select import Key

MOST_FIELDS = 3  # of `orderBy`
SORTED_BY = (
    f"What the list is sorted by: at most {MOST_FIELDS} fields, of which the first counts most. By several it is "
    f"LIMIT_EXCEEDED where more than {MOST_SORTED:,} objects pass the filter and no index has them in that order."
)


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
    indexed: Collection[Orders] = ()  # those of several columns for which each list of them has an index
    backwards: Mapping[str, str] = {}  # for some columns the one that lists are sorted by which begin with its end


def to_many(
    batch: Batch, rows: ListOf, *, description: str, key: Callable[[Context, Any], Hashable] = key_of_row
) -> Any:
    """A connection to the rows that `batch` finds for the key of the row that has the field."""

    def level(context: Context, parents: Sequence[Any], arguments: Arguments) -> list[Listing]:
        orders = _chosen_orders(rows, arguments) or (rows.order,)
        page = page_of(rows.source, orders, arguments, indexed=len(orders) == 1 or orders in rows.indexed)
        return [Listing(rows.source, batch, key(context, parent), page, level) for parent in parents]

    return by_level(
        level,
        description=description,
        needs=("organization_id", "id") if key is key_of_row else (),
        arguments=_arguments(rows),
    )


def _chosen_orders(rows: ListOf, arguments: Arguments) -> Orders:
    """What a connection's `orderBy` asks for; nothing where that is left out, null or empty. Raises BadUserInput."""
    chosen = arguments.get("order_by") or ()
    if len(chosen) > MOST_FIELDS:
        raise BadUserInput(f"`orderBy` has {len(chosen)} fields: sort by {MOST_FIELDS} at most.")
    fields = [one.field for one in chosen]
    for place, field in enumerate(fields):
        if field in fields[:place]:
            raise BadUserInput(f"`orderBy` says {field.name} twice: sort by each field once.")
    return tuple(_order(rows, one) for one in chosen)


def _order(rows: ListOf, chosen: Any) -> Order:
    """What an item of `orderBy` says."""
    if chosen.direction:
        descending = chosen.direction is OrderDirection.DESC
    else:  # left out or null
        descending = chosen.field in chosen.usually_descending
    column = chosen.field.value
    return Order(rows.backwards.get(column, column) if descending else column, descending)


def _arguments(rows: ListOf) -> list[Parameter]:
    """The arguments of a connection, in the order in which the schema shows them."""
    shown = []
    if rows.filters is not None:
        shown.append(argument("filter", rows.filters | None, "Only objects for which all of this holds; null for all."))
    if rows.orders is not None:
        shown.append(argument("order_by", list[rows.orders] | None, SORTED_BY))  # type: ignore[name-defined]
    if rows.deletable:
        shown.append(argument("deleted", DeletedScope, "Whether deleted objects are listed.", DeletedScope.EXCLUDE))
    return [
        *shown,
        argument("first", int | None, f"How many objects from the start on, at most {LARGEST_SIZE}; 20 by default."),
        argument("after", str | None, "Only objects after this cursor; null or empty for the start."),
        argument("last", int | None, f"How many objects from the end back, at most {LARGEST_SIZE}; not with `first`."),
        argument("before", str | None, "Only objects before this cursor; null or empty for the end."),
    ]
