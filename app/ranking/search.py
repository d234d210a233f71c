"""One search, from what was typed to a page of ids with scores."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias
from uuid import UUID

from app.db.statement import Parameters
from app.graph.conditions import Chosen
from app.graph.context import Context
from app.graph.embedding import ModelUnavailable, NothingMeant, QueryEmbedding
from app.graph.errors import BadUserInput
from app.indexing.search_texts import has_words
from app.ranking.cursors import MOST_RESULTS, Basis, Position, Scale, decode
from app.ranking.names import Owner, titled_so
from app.ranking.names import values as owner_values
from app.ranking.phrases import demands_of
from app.ranking.query import Query, as_typed, read_query
from app.ranking.rank import Ranked, ranking
from app.ranking.scope import Scope, scope_of
from app.ranking.score import BELOW_FIRST, Legs
from app.ranking.signals import signals_of
from app.ranking.terms import Term, as_query, beside, similar_terms, terms_of
from app.ranking.vectors import WALK, Model, floor_of
from app.search.searchable import Searchable

LONGEST_QUERY = 500
DEPTH = 100  # what each leg ranks for a combination: more cost more, and put nothing else on the first pages
# What a word weighs by its letter, from D to A: titles are A, bodies B, and what their words are also called C and D.
TITLE_AND_BODY = [0.36, 0.9, 0.4, 1.0]
TITLE = [0.0, 0.9, 0.0, 1.0]

Embedded: TypeAlias = tuple[QueryEmbedding | None, bool]  # whether less is found by it than should be


@dataclass(frozen=True)
class Search:
    """What is searched for; raises BadUserInput where that is nothing, or too much."""

    organization_id: UUID
    searchable: Searchable
    chosen: Chosen  # what may be found
    text: str
    mode: str
    size: int
    after: str | None = None
    pinned_id: UUID | None = None  # found first whatever its text says
    owners: Sequence[Owner] = ()  # whose rows are found too, after those that the words are in
    spelled: bool = False  # as it is meant: none of its words stands for others
    filter_key: str = ""  # stands for `chosen` in cursors
    whole: bool = False  # all that is found, however much is asked for; `after` says only how it is scored

    def __post_init__(self) -> None:
        if not as_typed(self.text).strip():
            raise BadUserInput("`query` is blank: say what to search for.")
        if len(self.text) > LONGEST_QUERY:
            raise BadUserInput(f"`query` has {len(self.text)} characters: at most {LONGEST_QUERY} are allowed.")

    @property
    def listed(self) -> str:
        """What a cursor says of the search that it is of."""
        return f"{self.searchable.kind}.{self.organization_id}.{self.mode}.{self.filter_key}.{self.text}"


class Hit(NamedTuple):
    """A row whose text was found; `place` counts from 1 on, over all pages.

    Where several texts are of one row, that is `shown_id`, and `texts` are those that were found, the best one first.
    """

    id: UUID
    score: float
    signals: tuple[str, ...]
    place: int
    shown_id: UUID | None = None
    texts: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class Found:
    """A page of a search."""

    search: Search
    hits: Sequence[Hit]
    basis: Basis
    has_next: bool
    has_previous: bool
    degraded: bool  # the model could not be asked, or lacks texts that have waited for long


async def find(context: Context, search: Search) -> Found:
    """The page that `search` asks for.

    A -word is an option of a command and excludes nothing where that would leave nothing: `git push -f`.
    """
    after = decode(search.listed, search.after) if search.after is not None else None
    query = read_query(search.text)
    coming = asyncio.ensure_future(_embedding(context, search, query))  # the model works while the database does
    try:
        found = await _found(context, search, query.kept if after and after.basis.keeps else query, coming, after)
        if query.unwanted and after is None and not found.hits:
            found = await _found(context, search, query.kept, coming, None)
    finally:
        coming.cancel()
    return found


async def _found(
    context: Context, search: Search, query: Query, coming: Awaitable[Embedded], after: Position | None
) -> Found:
    terms = after.basis.terms if after else await _terms(context, search, query)
    scope = await scope_of(
        context, search.organization_id, search.searchable, search.chosen, await demands_of(context, query)
    )
    titled = await titled_so(context, scope, search.text) if search.mode == "FUZZY" else ()
    embedding, degraded = await coming
    model_id = embedding and embedding.model_id
    if after and after.basis.model_id != model_id:
        raise BadUserInput("`after` is of a search by another model than is asked now: search again from the start.")
    proven = None if scope.searched.holds else embedding  # who holds a phrase that was asked for needs nothing else
    floor = after.basis.floor if after else floor_of(proven, search.mode, scope.texts)
    leads = after.basis.leads if after else search.pinned_id is not None or bool(titled)
    values = {"titled_ids": titled, "share": BELOW_FIRST if leads else 1.0, **_values(search, terms, embedding, after)}
    rows = await _ranked(context, scope.above(floor), _legs(search, terms, embedding, scope), values)
    basis = Basis(_scale(rows, after), model_id, terms, floor, keeps=bool(query.options), leads=leads)
    return _page(search, rows, after, basis, degraded=degraded)


async def _embedding(context: Context, search: Search, query: Query) -> Embedded:
    """What the query means, and whether less is found by it than should be."""
    if search.mode in ("FULL_TEXT", "FUZZY") or not has_words(query.words):
        return None, False
    if context.models is None:
        return None, True
    try:
        return await context.models.embed(query.words), context.models.lacks_texts(search.organization_id)
    except NothingMeant:
        return None, False
    except ModelUnavailable:
        return None, True


async def _terms(context: Context, search: Search, query: Query) -> tuple[Term, ...]:
    if search.mode == "SEMANTIC" or not query.words:
        return ()
    organization_id, kind = search.organization_id, search.searchable.kind
    if search.mode == "FUZZY":
        terms = await similar_terms(context, organization_id, kind, query.words)
    else:
        terms = await terms_of(context, organization_id, kind, query.words, correcting=not search.spelled)
    if not query.options:
        return terms
    options = await terms_of(context, organization_id, kind, " ".join(query.options), correcting=False)
    return beside(terms, options)


def _legs(search: Search, terms: Sequence[Term], embedding: QueryEmbedding | None, scope: Scope) -> Legs:
    return Legs(
        words=bool(terms),
        model=embedding and Model(embedding.model_id, embedding.dimension),
        owners=bool(search.owners),
        titles=search.mode == "FUZZY",
        narrow=scope.narrow,
    )


async def _ranked(context: Context, scope: Scope, legs: Legs, values: Parameters) -> list[Ranked]:
    nothing = not legs.words and not legs.model and not legs.owners
    if nothing and values["pinned_id"] is None and not values["titled_ids"]:
        return []
    if legs.model and not scope.narrow:
        await context.fetch(WALK, {})
    return await context.fetch(ranking(scope.searched, legs), {**scope.values, **values})


def _values(
    search: Search, terms: Sequence[Term], embedding: QueryEmbedding | None, after: Position | None
) -> Parameters:
    start = after if after and not search.whole else None
    shown = start.shown if start else 0
    size = MOST_RESULTS if search.whole else search.size
    alone = not terms or embedding is None
    names = ("words_low", "words_high", "similarity_low", "similarity_high")
    return {
        "terms": [term.lexeme for term in terms if term.finds],
        "scored": " | ".join(as_query(term.lexeme) for term in terms),
        "term_queries": [as_query(term.lexeme) for term in terms],
        "term_weights": [term.weight for term in terms],
        "letters": TITLE if search.mode == "FUZZY" else TITLE_AND_BODY,
        "vector": embedding and embedding.vector,
        "weight": embedding and embedding.weight,
        "depth": MOST_RESULTS if alone or shown + size >= DEPTH else DEPTH,
        "pinned_id": search.pinned_id,
        **owner_values(search.owners),
        "after_score": start and start.score,
        "after_id": start and start.id,
        "limit": min(size + 1, MOST_RESULTS - shown),
        **dict(zip(names, after.basis.scale if after else (None,) * 4, strict=True)),
    }


def _scale(rows: Sequence[Ranked], after: Position | None) -> Scale:
    if after:
        return after.basis.scale
    if not rows:
        return (None,) * 4
    first = rows[0]
    return first.words_low, first.words_high, first.similarity_low, first.similarity_high


def _page(search: Search, rows: Sequence[Ranked], after: Position | None, basis: Basis, *, degraded: bool) -> Found:
    shown = after.shown if after and not search.whole else 0
    hits = [
        Hit(row.subject_id, row.score, signals_of(row, search.mode, search.pinned_id), place)
        for place, row in enumerate(rows if search.whole else rows[: search.size], start=shown + 1)
    ]
    return Found(search, hits, basis, len(rows) > search.size, after is not None, degraded)
