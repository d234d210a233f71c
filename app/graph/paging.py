"""Relay connections: the arguments of a page, its rows, and the GraphQL types that show them."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Generic, Protocol, TypeVar

import strawberry
from sqlalchemy import ColumnElement

from app.db.source import Source
from app.graph import cursors
from app.graph.batch import Batch
from app.graph.context import Context, Info
from app.graph.errors import BadUserInput

DEFAULT_SIZE = 20
LARGEST_SIZE = 100

Row = TypeVar("Row")


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

    def where(self, source: Source) -> ColumnElement[bool]: ...


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
    size = _size("first", first) if last is None else _size("last", last)
    condition = arguments.get("filter")
    return Page(
        order=order,
        size=size,
        backward=last is not None,
        after=_position(source, order, arguments, "after"),
        before=_position(source, order, arguments, "before"),
        deleted=arguments.get("deleted", DeletedScope.EXCLUDE),
        filter=condition,
        filter_key=repr(condition) if condition is not None else "",
    )


def _size(argument: str, value: int | None) -> int:
    if value is None:
        return DEFAULT_SIZE
    if not 0 <= value <= LARGEST_SIZE:
        raise BadUserInput(f"`{argument}` is {value}: ask for 0 to {LARGEST_SIZE} objects, and page on with cursors.")
    return value


def _position(source: Source, order: Order, arguments: Mapping[str, Any], argument: str) -> cursors.Position | None:
    cursor = arguments.get(argument)
    if cursor is None:
        return None
    return cursors.decode(_listed(source, order), cursor, argument, source.columns[order.column].type)


def _listed(source: Source, order: Order) -> str:
    return f"{source.typename}.{order.column}{'-' if order.descending else '+'}"


@dataclass(frozen=True, slots=True)
class Listing:
    """A connection before anything is loaded: each of its fields loads what it needs, and no more."""

    source: Source
    batch: Batch
    key: Hashable
    page: Page

    async def slice(self, context: Context) -> Slice:
        loaded: Slice = await context.load(self.batch, self.key, self.page)
        return loaded

    async def total(self, context: Context) -> int:
        counted: Slice = await context.load(self.batch, self.key, replace(self.page, size=0, count=True))
        return counted.total

    def cursor(self, row: Any) -> str:
        order = self.page.order
        return cursors.encode(_listed(self.source, order), getattr(row, order.column), row.id)


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(
        description="Whether more objects follow; paging backward: whether `before` was given."
    )
    has_previous_page: bool = strawberry.field(
        description="Whether objects come before; paging forward: whether `after` was given."
    )
    start_cursor: str | None = strawberry.field(
        description="The cursor of the page's first object; null when it is empty."
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the page's last object; null when it is empty."
    )


@strawberry.type(description="An object and its place in a list.")
class Edge(Generic[Row]):
    cursor: str = strawberry.field(
        description="Opaque: pass it as `after` or `before` to the same field, in the same order."
    )
    node: Row = strawberry.field(description="The object.")


@strawberry.type(description="A page of a list, at most 100 objects.")
class Connection(Generic[Row]):
    @strawberry.field(description="The page's objects with their cursors.")
    async def edges(self, root: strawberry.Parent[Listing], info: Info) -> list[Edge[Row]]:
        page = await root.slice(info.context)
        return [Edge(cursor=root.cursor(row), node=row) for row in page.rows]

    @strawberry.field(description="The page's objects.")
    async def nodes(self, root: strawberry.Parent[Listing], info: Info) -> list[Row]:
        return (await root.slice(info.context)).rows

    @strawberry.field(description="Where the page stands in the list.")
    async def page_info(self, root: strawberry.Parent[Listing], info: Info) -> PageInfo:
        page = await root.slice(info.context)
        return PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=root.cursor(page.rows[0]) if page.rows else None,
            end_cursor=root.cursor(page.rows[-1]) if page.rows else None,
        )

    @strawberry.field(description="How many objects all pages together hold. Costs a statement of its own.")
    async def total_count(self, root: strawberry.Parent[Listing], info: Info) -> int:
        return await root.total(info.context)
