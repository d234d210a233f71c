"""Pages of a list: the arguments of a connection, checked, and the rows that come back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise
from typing import Any, Protocol

import strawberry
from sqlalchemy import ColumnElement, Uuid, and_, bindparam, or_, tuple_

from app.db.columns import Expression
from app.db.source import Source
from app.errors import AppError
from app.graph import cursors
from app.graph.conditions import Chosen
from app.graph.errors import BadUserInput
from app.graph.filter_path import FilterPath

DEFAULT_SIZE = 20
LARGEST_SIZE = 100
MOST_SORTED = 10_000  # objects: sorting so many takes some 20 ms


@strawberry.enum(description="Whether a list holds deleted objects.")
class DeletedScope(Enum):
    EXCLUDE = strawberry.enum_value("EXCLUDE", description="Only objects that are not deleted.")
    INCLUDE = strawberry.enum_value("INCLUDE", description="All objects, deleted or not.")
    ONLY = strawberry.enum_value("ONLY", description="Only deleted objects.")


@strawberry.enum(description="Which end of a list comes first.")
class OrderDirection(Enum):
    ASC = strawberry.enum_value("ASC", description="From the smallest, earliest or most urgent on.")
    DESC = strawberry.enum_value("DESC", description="From the largest, latest or least urgent on.")


class Filter(Protocol):
    """A condition on the rows of a table."""

    @property
    def fingerprint(self) -> str: ...

    def where(self, source: Source, path: FilterPath | None = None) -> Chosen: ...


@dataclass(frozen=True)
class Order:
    """A column that a list is sorted by."""

    column: str
    descending: bool


Orders = tuple[Order, ...]  # the first counts most; rows that are equal in all are sorted by id, the way of the last


def whole(orders: Orders) -> Orders:
    """With the id, by which no two rows are equal."""
    return (*orders, Order("id", orders[-1].descending))


@dataclass(frozen=True)
class Page:
    """Which rows of a list are asked for. Equal pages of the same edge are loaded together."""

    orders: Orders
    size: int = DEFAULT_SIZE
    backward: bool = False
    after: cursors.Position | None = None
    before: cursors.Position | None = None
    deleted: DeletedScope = DeletedScope.EXCLUDE
    filter: Filter | None = field(default=None, compare=False)
    filter_key: str = ""  # stands for `filter`, which cannot be hashed, in comparisons
    count: bool = False  # not the rows, but how many there are on all pages
    ends: bool = False  # of the rows the first and the last, with nothing but their places
    indexed: bool = True  # whether an index has the rows in this order; otherwise they are sorted, where they are few

    @property
    def values(self) -> dict[str, Any]:
        """The parameters of its statement."""
        values: dict[str, Any] = {"limit": self.size + 1}
        for name, position in (("after", self.after), ("before", self.before)):
            if position is not None:
                names = (f"{name}_{one.column}" for one in whole(self.orders))
                values |= zip(names, position, strict=True)
        return values


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows of a page, in the list's order; `total` counts all pages, where a page asked for that instead."""

    rows: list[Any]
    has_next: bool = False
    has_previous: bool = False
    total: int = 0


def page_of(source: Source, orders: Orders, arguments: Mapping[str, Any], *, indexed: bool = True) -> Page:
    """The page that the arguments of a connection ask for; raises BadUserInput."""
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None and last is not None:
        raise BadUserInput("Ask for `first` or for `last`, not for both.")
    size = size_of("first", first) if last is None else size_of("last", last)
    condition = arguments.get("filter")
    return Page(
        orders=orders,
        size=size,
        backward=last is not None,
        after=_position(source, orders, arguments, "after"),
        before=_position(source, orders, arguments, "before"),
        deleted=arguments.get("deleted", DeletedScope.EXCLUDE),
        filter=condition,
        filter_key="" if condition is None else condition.fingerprint,
        indexed=indexed,
    )


def size_of(argument: str, value: int | None) -> int:
    """How many objects are asked for; raises BadUserInput where they are too many."""
    if value is None:
        return DEFAULT_SIZE
    if not 0 <= value <= LARGEST_SIZE:
        raise BadUserInput(f"`{argument}` is {value}: ask for 0 to {LARGEST_SIZE} objects, and page on with cursors.")
    return value


def _position(source: Source, orders: Orders, arguments: Mapping[str, Any], argument: str) -> cursors.Position | None:
    cursor = arguments.get(argument)
    if not cursor:  # as for the end of an empty page Apollo's cache sends ""
        return None
    types = (source.columns[one.column].type for one in orders)
    return cursors.decode(listed(source, orders), cursor, argument, *types)


def listed(source: Source, orders: Orders) -> str:
    """What a cursor says of the list that it is a place in."""
    return f"{source.typename}." + "".join(f"{one.column}{'-' if one.descending else '+'}" for one in orders)


def sorting(columns: Mapping[str, Expression], orders: Orders, *, backward: bool) -> list[Expression]:
    """What ORDER BY says."""
    keys = ((columns[one.column], one.descending != backward) for one in whole(orders))
    return [column.desc() if descending else column for column, descending in keys]


def beyond(source: Source, orders: Orders, name: str, *, backward: bool) -> ColumnElement[bool]:
    """Whether a row comes after the place whose values are the parameters `{name}_{column}`; `backward`, before it.

    Where all columns go the same way it is one comparison, which an index answers.
    """
    columns = [source.columns[one.column] for one in whole(orders)]
    place = [
        bindparam(f"{name}_{one.column}", type_=Uuid() if one.column == "id" else column.type)
        for one, column in zip(whole(orders), columns, strict=True)
    ]
    down = [one.descending != backward for one in whole(orders)]
    if all(one == other for one, other in pairwise(down)):
        return _passes(tuple_(*columns), tuple_(*place), down[0])
    *earlier, last = zip(columns, place, down, strict=True)
    later = _passes(*last)
    for column, value, descends in reversed(earlier):
        later = or_(_passes(column, value, descends), and_(column == value, later))
    return later


def _passes(column: Expression, value: Expression, descends: bool) -> ColumnElement[bool]:
    return column < value if descends else column > value


class TooManyToSort(AppError):
    code = "LIMIT_EXCEEDED"


def check_sortable(counted: Sequence[Slice]) -> int:
    """How many rows are sorted for the lists that were counted; raises TooManyToSort where one is too long for that."""
    if any(one.total > MOST_SORTED for one in counted):
        raise TooManyToSort(
            f"More than {MOST_SORTED:,} objects would have to be sorted for this `orderBy`: choose fewer by `filter`, "
            "or sort by one field, for which there is an index.",
            limit="sorted",
            allowed=MOST_SORTED,
        )
    return sum(one.total for one in counted)
