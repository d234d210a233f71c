"""What one statement answers for the lists of several parents, dealt out to them."""

from itertools import groupby
from operator import itemgetter
from typing import Any

from app.graph.paging import Page, Slice


def counted(rows: list[Any], parents: int) -> list[Slice]:
    """The total of each of so many parents."""
    totals = {row["ordinal"]: row["total"] for row in rows}
    return [Slice([], total=totals.get(ordinal, 0)) for ordinal in range(1, parents + 1)]


def dealt(rows: list[Any], parents: int, page: Page) -> list[Slice]:
    """The page of each of so many parents. The rows have their parent's `ordinal`, from 1 on, and are in its order."""
    hands: list[list[Any]] = [[] for _ in range(parents)]
    for ordinal, hand in groupby(rows, itemgetter("ordinal")):
        hands[ordinal - 1].extend(hand)
    return [_slice(hand, page) for hand in hands]


def _slice(rows: list[Any], page: Page) -> Slice:
    """By Relay's algorithm: where a page goes on is known exactly, where it comes from by its cursor."""
    more = bool(rows) and (rows[-1]["place"] if page.ends else len(rows)) > page.size
    rows = [row for row in rows if row["place"] <= page.size] if page.ends else rows[: page.size]
    if page.backward:
        rows.reverse()
        return Slice(rows, has_next=page.before is not None, has_previous=more)
    return Slice(rows, has_next=more, has_previous=page.after is not None)
