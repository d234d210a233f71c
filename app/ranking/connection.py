"""What a search answers: a connection whose edges say how well they match, by what, and where."""

from collections.abc import Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

import strawberry

from app.db.record import Record
from app.graph.connections import PageInfo, edge_cursors
from app.graph.context import Context
from app.graph.dataloader import BatchOf
from app.graph.fields import Arguments, by_level
from app.graph.select import Key
from app.ranking.cursors import MOST_RESULTS, encode
from app.ranking.search import Found, Hit
from app.ranking.signals import SearchSignal
from app.ranking.snippet import snippets

Row = TypeVar("Row")


class Results(NamedTuple):
    """A page of a search, and the batch function that knows its rows by their keys."""

    found: Found
    rows: BatchOf[Record | None]

    @property
    def organization_id(self) -> UUID:
        return self.found.search.organization_id

    def keys(self, hits: Sequence[Hit]) -> list[Key]:
        """Of the rows that are shown."""
        return [Key(self.organization_id, hit.shown_id or hit.id) for hit in hits]

    def texts(self, hits: Sequence[Hit]) -> list[Key]:
        """Of the best text of each."""
        return [Key(self.organization_id, hit.id) for hit in hits]

    def cursors(self, hits: Iterable[Hit]) -> list[str]:
        found = self.found
        return encode(found.search.listed, found.basis, ((hit.score, hit.id, hit.place) for hit in hits))


EdgeHit = tuple[Results, Hit]  # a hit and the results that it is among


# One field is one search, so the hits of a level are all among the same results.


def edges(_context: Context, searches: Sequence[Results], _: Arguments) -> list[list[EdgeHit]]:
    return [[(results, hit) for hit in results.found.hits] for results in searches]


async def nodes(context: Context, searches: Sequence[Results], _: Arguments) -> list[list[Record | None]]:
    return [await context.load_many(results.rows, results.keys(results.found.hits)) for results in searches]


def page_infos(_context: Context, searches: Sequence[Results], _: Arguments) -> list[PageInfo]:
    ends = [[hits[0], hits[-1]] if (hits := results.found.hits) else [] for results in searches]
    return [PageInfo.of(one.found, one.cursors(of_page)) for one, of_page in zip(searches, ends, strict=True)]


def degradations(_context: Context, searches: Sequence[Results], _: Arguments) -> list[list[str]]:
    return [[SearchSignal.SEMANTIC.name] if results.found.degraded else [] for results in searches]


async def edge_nodes(context: Context, hits: Sequence[EdgeHit], _: Arguments) -> list[Record | None]:
    results = hits[0][0]
    return await context.load_many(results.rows, results.keys([hit for _, hit in hits]))


def edge_scores(_context: Context, hits: Sequence[EdgeHit], _: Arguments) -> list[float]:
    return [hit.score for _, hit in hits]


def edge_signals(_context: Context, hits: Sequence[EdgeHit], _: Arguments) -> list[list[str]]:
    return [list(hit.signals) for _, hit in hits]


async def edge_snippets(context: Context, hits: Sequence[EdgeHit], _: Arguments) -> list[str | None]:
    results = hits[0][0]
    search, lexemes = results.found.search, tuple(term.lexeme for term in results.found.basis.terms)
    return await context.load_many(snippets, results.texts([hit for _, hit in hits]), search.searchable, lexemes)


@strawberry.type(description="An object that a search found.")
class SearchEdge(Generic[Row]):
    cursor: str = by_level(
        edge_cursors, description="Opaque: pass it as `after` to the same search, with the same arguments."
    )
    node: Row = by_level(edge_nodes, description="The object.")
    score: float = by_level(
        edge_scores, description="How well it matches, from 0 to 1; to be compared within one search only."
    )
    matched_by: list[SearchSignal] = by_level(edge_signals, description="What made the search find it.")
    snippet: str | None = by_level(
        edge_snippets,
        description="The part of its text that matches best, some 40 words, as HTML in which nothing but `<mark>` is a "
        "tag; the start of the text where no word matches. Counts as 10 objects.",
    )


@strawberry.type(
    description=f"A page of a search, the best first: at most 100 objects, {MOST_RESULTS} on all pages together. What "
    "others write meanwhile moves no object from one page to another."
)
class SearchConnection(Generic[Row]):
    edges: list[SearchEdge[Row]] = by_level(edges, description="The page's objects, and how they match.")
    nodes: list[Row] = by_level(nodes, description="The page's objects.")
    page_info: PageInfo = by_level(page_infos, description="Where the page stands in the results.")
    degraded: list[SearchSignal] = by_level(
        degradations,
        description="What the search had to do without, in whole or in part: SEMANTIC while the embedding model cannot "
        "be reached, or some texts of the organization have waited for it for more than five minutes; empty when all "
        "is well, also where there is nothing to embed, as in emoji.",
    )
