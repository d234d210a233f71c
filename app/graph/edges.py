"""The edges of the graph, each in one line: `team: Team = to_one(team_by_id, "team_id")`."""

from collections.abc import Callable, Hashable, Mapping
from inspect import Parameter, Signature
from typing import Annotated, Any

import strawberry
from strawberry import UNSET

from app.db.source import Source
from app.graph.batch import Batch
from app.graph.context import Info
from app.graph.paging import LARGEST_SIZE, DeletedScope, Listing, Order, OrderDirection, page_of
from app.graph.select import Key

NEEDS = "needs"  # metadata of a field: the columns that its resolver reads


def leaf(row: Any, name: str) -> Any:
    """The value of a column, as GraphQL shows it: what every field without a resolver answers."""
    value = getattr(row, name)
    return str(value) if name == "id" else value


def needs(*columns: str) -> dict[str, tuple[str, ...]]:
    """Metadata for a field with a resolver of its own: the columns of the row that it reads."""
    return {NEEDS: columns}


def to_one(batch: Batch, column: str, *, description: str) -> Any:
    """The row that `column` refers to; null where the column is."""

    def resolve(root: Any, info: Info) -> Any:
        row_id = getattr(root, column)
        return None if row_id is None else info.context.load(batch, Key(root.organization_id, row_id))

    return strawberry.field(resolver=resolve, description=description, metadata=needs(column))


def key_of_row(row: Any, _info: Info) -> Key:
    return Key(row.organization_id, row.id)


def key_of_actor(_row: Any, info: Info) -> Key:
    """For lists that belong to whoever is calling; raises Unauthenticated."""
    return Key(None, info.context.actor.user_id)


def to_many(  # noqa: PLR0913  # each is a fact of the edge, said by name
    batch: Batch,
    source: Source,
    *,
    description: str,
    order: Order,
    orders: type | None = None,
    filters: type | None = None,
    deletable: bool = True,
    key: Callable[[Any, Info], Hashable] = key_of_row,
) -> Any:
    """A connection to the rows of `source` that `batch` finds for the key of the row that has the field."""

    def resolve(root: Any, info: Info, **arguments: Any) -> Listing:
        page = page_of(source, chosen_order(arguments, order), arguments)
        return Listing(source, batch, key(root, info), page)

    resolve.__signature__ = Signature(  # type: ignore[attr-defined]  # what Strawberry reads the arguments from
        [
            Parameter("root", Parameter.POSITIONAL_OR_KEYWORD, annotation=Any),
            Parameter("info", Parameter.POSITIONAL_OR_KEYWORD, annotation=Info),
            *connection_arguments(orders=orders, filters=filters, deletable=deletable),
        ]
    )
    return strawberry.field(resolver=resolve, description=description, metadata=needs())


def chosen_order(arguments: Mapping[str, Any], default: Order) -> Order:
    """The order that a connection's `orderBy` asks for."""
    chosen = arguments.get("order_by")
    if chosen is None:
        return default
    return Order(chosen.field.value, descending=chosen.direction is OrderDirection.DESC)


def connection_arguments(
    *, orders: type | None = None, filters: type | None = None, deletable: bool = False
) -> list[Parameter]:
    """The arguments that connections share, in the order in which the schema shows them."""
    shown = []
    if filters is not None:
        shown.append(_argument("filter", filters | None, "Only objects for which all of this holds."))
    if orders is not None:
        shown.append(_argument("order_by", orders | None, "What the list is sorted by."))
    if deletable:
        shown.append(_argument("deleted", DeletedScope, "Whether deleted objects are listed.", DeletedScope.EXCLUDE))
    return [
        *shown,
        _argument("first", int | None, f"How many objects from the start on, at most {LARGEST_SIZE}; 20 by default."),
        _argument("after", str | None, "Only objects after this cursor."),
        _argument("last", int | None, f"How many objects from the end back, at most {LARGEST_SIZE}; not with `first`."),
        _argument("before", str | None, "Only objects before this cursor."),
    ]


def _argument(name: str, annotation: Any, description: str, default: Any = UNSET) -> Parameter:
    annotated = Annotated[annotation, strawberry.argument(description=description)]
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotated, default=default)
