"""The ranking: what is found by words and what is found by meaning, put together in one statement."""

from functools import lru_cache
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    REAL,
    ColumnElement,
    Double,
    FromClause,
    Integer,
    Text,
    Uuid,
    and_,
    bindparam,
    cast,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    union,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from app.db.columns import Expression, Rows, table_of
from app.db.record import Record
from app.db.statement import Statement, prepare_as
from app.ranking.names import given_owners, likeness, owned
from app.ranking.scope import Searched
from app.ranking.score import ZERO, Legs, is_found, scale, score, signals
from app.ranking.terms import is_callers
from app.ranking.vectors import nearest, similarity
from app.search.models import SearchText

texts = table_of(SearchText)

MOST_CANDIDATES = 300  # that are ranked term by term, of all that hold one of the terms


class Ranked(Record):
    """What was found, with the scale of the scores."""

    subject_id: UUID
    score: float
    has_words: bool
    has_similarity: bool
    has_owner: bool
    words_low: float | None
    words_high: float | None
    similarity_low: float | None
    similarity_high: float | None


@lru_cache(500)
def ranking(searched: Searched, legs: Legs) -> Statement[Ranked]:
    """The ids that are found, the best first, with their scores from 0 to 1 and what these were computed from.

    A score depends on its own text and on the scale, and on no other text. The scale is the worst and the best of each
    leg; a later page brings that of the first along, so that what others write meanwhile moves no row from one page to
    another. Combined by the scale and not by rank, since a leg that is sure of its best should count more.
    """
    terms = _terms()
    words = _words(searched, legs, terms) if legs.words else None
    near = nearest(searched, legs.model, narrow=legs.narrow) if legs.model else None
    parts = _parts(searched, legs, terms, words, near)
    return prepare_as(_page(legs, parts, scale(words, near)), Ranked)


def _page(legs: Legs, parts: CTE, ends: CTE) -> Rows:
    rows = (
        select(parts.c.subject_id, score(legs, parts, ends).label("score"), *signals(legs, parts, ends), *ends.c)
        .select_from(parts.join(ends, true()))
        .where(is_found(legs, parts))
        .subquery("rows")
    )
    after_score, after_id = bindparam("after_score", type_=Double), bindparam("after_id", type_=Uuid)
    later = or_(
        after_score.is_(None),
        rows.c.score < after_score,
        and_(rows.c.score == after_score, rows.c.subject_id > after_id),
    )
    return (
        select(*rows.c)
        .where(later)
        .order_by(rows.c.score.desc(), rows.c.subject_id)
        .limit(bindparam("limit", type_=Integer))
    )


def _terms() -> CTE:
    """Each term as a query of its own, with its weight."""
    given = (
        func.unnest(bindparam("term_queries", type_=ARRAY(Text)), bindparam("term_weights", type_=ARRAY(Double)))
        .table_valued("query", "weight")
        .render_derived("given")
    )
    return select(cast(given.c.query, TSQUERY).label("query"), given.c.weight).cte("terms").prefix_with("MATERIALIZED")


def _word_score(terms: CTE, content: Expression) -> Expression:
    """What each term is worth in a text, by its weight; as ts_rank sees it, longer texts less."""
    letters = cast(bindparam("letters", type_=ARRAY(REAL)), ARRAY(REAL))
    worth = terms.c.weight * func.ts_rank(letters, content, terms.c.query, literal_column("1"))
    return select(func.sum(worth)).select_from(terms).scalar_subquery()


def _words(searched: Searched, legs: Legs, terms: CTE) -> CTE:
    """The best by words. Two stages: everything that holds a term is ranked roughly, and the first of that exactly."""
    rough = searched.matching()
    ordered = select(rough.c.subject_id, rough.c.rank).where(rough.c.rank > ZERO).subquery("ordered")
    kept = searched.keep(select(ordered.c.subject_id, ordered.c.rank), ordered, narrow=legs.narrow).subquery("kept")
    best = searched.best_of_wholes(kept, kept.c.rank)
    candidates = (
        select(best.c.subject_id)
        .order_by(best.c.rank.desc(), best.c.subject_id)
        .limit(literal_column(str(MOST_CANDIDATES)))
        .cte("candidates")
        .prefix_with("MATERIALIZED")
    )
    # Looked up, or all texts of the organization may be read for a few of them.
    text = select(texts.c.content).where(_text_of(searched, candidates.c.subject_id))
    one = text.limit(literal_column("1")).lateral("one_text")
    score = _word_score(terms, one.c.content).label("score")
    return (
        select(candidates.c.subject_id, score)
        .select_from(candidates.join(one, true()))
        .order_by(score.desc(), candidates.c.subject_id)
        .limit(bindparam("depth", type_=Integer))
        .cte("by_words")
        .prefix_with("MATERIALIZED")
    )


def _text_of(searched: Searched, subject_id: Expression) -> ColumnElement[bool]:
    return and_(
        texts.c.organization_id == searched.organization_id,
        texts.c.kind == searched.kind,
        texts.c.subject_id == subject_id,
        is_callers(searched.organization_id),
    )


def _parts(searched: Searched, legs: Legs, terms: CTE, words: CTE | None, near: CTE | None) -> CTE:
    """What both legs say of everything that either of them found: also what a leg did not rank, it is asked about."""
    owners = given_owners() if legs.owners else None
    named = None if owners is None else owned(searched, owners, narrow=legs.narrow)
    every = [select(leg.c.subject_id) for leg in (words, near, named) if leg is not None]
    if legs.titles:
        titled = func.unnest(bindparam("titled_ids", type_=ARRAY(Uuid))).table_valued("subject_id").render_derived()
        every.append(select(titled.c.subject_id))
    found = union(*every, searched.pinned(narrow=legs.narrow)).subquery("found")
    rows: FromClause = found
    by_words: Expression = null()
    by_similarity: Expression = null()
    if words is not None:
        rows = rows.join(words, words.c.subject_id == found.c.subject_id, isouter=True)
        here = _text_of(searched, found.c.subject_id)
        asked = select(_word_score(terms, texts.c.content)).where(here).correlate(found).scalar_subquery()
        by_words = func.coalesce(words.c.score, asked)
    if near is not None and legs.model:
        rows = rows.join(near, near.c.subject_id == found.c.subject_id, isouter=True)
        by_similarity = func.coalesce(near.c.similarity, similarity(searched, legs.model, found))
    by_owner = null() if owners is None else likeness(searched, owners, found.c.subject_id)
    return (
        select(
            found.c.subject_id,
            cast(by_words, Double).label("by_words"),
            cast(by_similarity, Double).label("by_similarity"),
            cast(by_owner, Double).label("by_owner"),
            (false() if words is None else words.c.subject_id.is_not(None)).label("is_worded"),
        )
        .select_from(rows)
        .cte("parts")
        .prefix_with("MATERIALIZED")
    )
