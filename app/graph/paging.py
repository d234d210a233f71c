"""Pages of a list: the arguments of a connection, checked, and the rows that come back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

import strawberry

from app.db.source import Source
from app.graph import cursors
from app.graph.conditions import Chosen
from app.graph.errors import BadUserInput
from app.graph.filter_path import FilterPath

DEFAULT_SIZE = 20
LARGEST_SIZE = 100


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
    """The column that a list is sorted by; equal rows are told apart by their ids."""

    column: str
    descending: bool


@dataclass(frozen=True)
class Page:
    """Which rows of a list are asked for. Equal pages of the same edge are loaded together."""

    order: Order
    size: int = DEFAULT_SIZE
    backward: bool = False
    after: cursors.Position | None = None
    before: cursors.Position | None = None
    deleted: DeletedScope = DeletedScope.EXCLUDE
    filter: Filter | None = field(default=None, compare=False)
    filter_key: str = ""  # stands for `filter`, which cannot be hashed, in comparisons
    count: bool = False  # not the rows, but how many there are on all pages
    ends: bool = False  # of the rows the first and the last, with nothing but their places


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows of a page, in the list's order; `total` counts all pages, where a page asked for that instead."""

    rows: list[Any]
    has_next: bool = False
    has_previous: bool = False
    total: int = 0


def page_of(source: Source, order: Order, arguments: Mapping[str, Any]) -> Page:
    """The page that the arguments of a connection ask for; raises BadUserInput."""
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None and last is not None:
        raise BadUserInput("Ask for `first` or for `last`, not for both.")
    size = size_of("first", first) if last is None else size_of("last", last)
    condition = arguments.get("filter")
    return Page(
        order=order,
        size=size,
        backward=last is not None,
        after=_position(source, order, arguments, "after"),
        before=_position(source, order, arguments, "before"),
        deleted=arguments.get("deleted", DeletedScope.EXCLUDE),
        filter=condition,
        filter_key="" if condition is None else condition.fingerprint,
    )


def size_of(argument: str, value: int | None) -> int:
    """How many objects are asked for; raises BadUserInput where they are too many."""
    if value is None:
        return DEFAULT_SIZE
    if not 0 <= value <= LARGEST_SIZE:
        raise BadUserInput(f"`{argument}` is {value}: ask for 0 to {LARGEST_SIZE} objects, and page on with cursors.")
    return value


def _position(source: Source, order: Order, arguments: Mapping[str, Any], argument: str) -> cursors.Position | None:
    cursor = arguments.get(argument)
    if not cursor:  # as for the end of an empty page Apollo's cache sends ""
        return None
    return cursors.decode(listed(source, order), cursor, argument, source.columns[order.column].type)


def listed(source: Source, order: Order) -> str:
    """What a cursor says of the list that it is a place in."""
    return f"{source.typename}.{order.column}{'-' if order.descending else '+'}"
