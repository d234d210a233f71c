"""Relay connections: the GraphQL types that show pages of a list."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from itertools import islice, repeat
from operator import itemgetter
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar

import strawberry

from app.db.source import Source
from app.graph import cursors
from app.graph.budget import TooManyObjects
from app.graph.context import Context
from app.graph.dataloader import Batch
from app.graph.fields import Arguments, Level, by_level
from app.graph.paging import Page, Slice, listed

ROWS = "rows"  # what a field of a connection needs that shows its rows
Row = TypeVar("Row")


class Listing(NamedTuple):
    """A connection before anything is loaded: each of its fields loads what it needs, and no more."""

    source: Source
    batch: Batch
    key: Hashable
    page: Page
    level: Level  # of the field that is the list

    def cursors(self, rows: Iterable[Any]) -> list[str]:
        orders = self.page.orders
        place = itemgetter(*(one.column for one in orders), "id")
        return cursors.encode(listed(self.source, orders), map(place, rows))


class Listed(Protocol):
    """What rows are shown of: a page of a list, or of the results of a search."""

    def cursors(self, rows: Iterable[Any]) -> list[str]:
        """The cursors of rows of it, or of several such in the same order."""


class Bounded(Protocol):
    """A page that knows whether there are others."""

    @property
    def has_next(self) -> bool: ...

    @property
    def has_previous(self) -> bool: ...


EdgeRow = tuple[Listing, Any]  # a row and the list that it is in


# The listings of one level come from one field, so they are of one batch and one page.


async def slices(context: Context, listings: Sequence[Listing]) -> list[Slice]:
    """The page of each list."""
    first = listings[0]
    try:
        return await context.load_many(first.batch, [listing.key for listing in listings], first.page)
    except TooManyObjects as error:
        error.level = error.level or first.level
        raise


async def nodes(context: Context, listings: Sequence[Listing], _: Arguments) -> list[list[Any]]:
    return [one.rows for one in await slices(context, listings)]


async def edges(context: Context, listings: Sequence[Listing], _: Arguments) -> list[list[EdgeRow]]:
    pages = await slices(context, listings)
    return [list(zip(repeat(listing), page.rows)) for listing, page in zip(listings, pages, strict=True)]


async def _ends(context: Context, listings: Sequence[Listing]) -> list[Slice]:
    """The first and the last row of each page: less is read where no list of the noun shows its rows."""
    first = listings[0]
    return await context.load_many(first.batch, [listing.key for listing in listings], replace(first.page, ends=True))


async def totals(context: Context, listings: Sequence[Listing], _: Arguments) -> list[int]:
    first = listings[0]
    counting = replace(first.page, size=0, count=True, indexed=True)
    counted = await context.load_many(first.batch, [listing.key for listing in listings], counting)
    return [one.total for one in counted]


async def page_infos(context: Context, listings: Sequence[Listing], _: Arguments) -> list["PageInfo"]:
    shown = ROWS in context.asked.get(f"{listings[0].source.typename}Connection", (ROWS,))
    pages = await slices(context, listings) if shown else await _ends(context, listings)
    ends = [row for page in pages if page.rows for row in (page.rows[0], page.rows[-1])]
    places = iter(listings[0].cursors(ends))
    return [PageInfo.of(page, list(islice(places, 2 if page.rows else 0))) for page in pages]


def edge_cursors(_context: Context, edges: Sequence[tuple[Listed, Any]], _: Arguments) -> list[str]:
    return edges[0][0].cursors(map(itemgetter(1), edges))


def edge_nodes(_context: Context, rows: Sequence[EdgeRow], _: Arguments) -> list[Any]:
    return list(map(itemgetter(1), rows))


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(
        description="Paging forward: whether more objects follow, before `before` where that is given; backward: "
        "whether `before` is given."
    )
    has_previous_page: bool = strawberry.field(
        description="Paging backward: whether more objects come before, after `after` where that is given; "
        "forward: whether `after` is given."
    )
    start_cursor: str | None = strawberry.field(
        description="The cursor of the page's first object; null when it is empty."
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the page's last object; null when it is empty."
    )

    @classmethod
    def of(cls, page: Bounded, ends: Sequence[str]) -> Self:
        """Of a page, and the cursors of its first row and its last where it has any."""
        start, end = ends or (None, None)
        return cls(has_next_page=page.has_next, has_previous_page=page.has_previous, start_cursor=start, end_cursor=end)


@strawberry.type(description="An object and its place in a list.")
class Edge(Generic[Row]):
    cursor: str = by_level(
        edge_cursors, description="Opaque: pass it as `after` or `before` to the same field, in the same order."
    )
    node: Row = by_level(edge_nodes, description="The object.")


@strawberry.type(description="A page of a list, at most 100 objects.")
class Connection(Generic[Row]):
    edges: list[Edge[Row]] = by_level(edges, needs=(ROWS,), description="The page's objects with their cursors.")
    nodes: list[Row] = by_level(nodes, needs=(ROWS,), description="The page's objects.")
    page_info: PageInfo = by_level(page_infos, description="Where the page stands in the list.")
    total_count: int = by_level(
        totals,
        description="How many objects all pages together hold. It takes a statement, and counts as 10 objects.",
    )
