"""The ranking: what is found by words and what is found by meaning, put together in one statement."""

from dataclasses import dataclass
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
    case,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    union,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from app.db.columns import Expression, Rows, table_of
from app.db.record import Record
from app.db.statement import Statement, prepare_as
from app.ranking.names import given_owners, likeness, owned
from app.ranking.scope import Searched
from app.ranking.terms import is_callers
from app.ranking.vectors import Model, nearest, similarity
from app.search.models import SearchText

texts = table_of(SearchText)

MOST_CANDIDATES = 300  # that are ranked term by term, of all that hold one of the terms
ZERO, ONE, THREE = (literal_column(number, Double) for number in ("0.0", "1.0", "3.0"))
BELOW_PINNED = literal_column("0.99", Double)


@dataclass(frozen=True)
class Legs:
    """By what a ranking finds texts: their words, their meaning where there is a `model`, the names of their owners."""

    words: bool
    model: Model | None
    owners: bool
    narrow: bool  # among the few rows whose ids are given; else among all that pass the condition


class Ranked(Record):
    """What was found, with the scale of the scores."""

    subject_id: UUID
    score: float
    has_words: bool
    has_similarity: bool
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
    scale = _scale(words, near)
    return prepare_as(_page(legs, parts, scale), Ranked)


def _page(legs: Legs, parts: CTE, scale: CTE) -> Rows:
    by_words = or_(and_(parts.c.by_words > ZERO, parts.c.by_words >= scale.c.words_low), parts.c.by_owner > ZERO)
    by_similarity = (
        parts.c.by_similarity >= scale.c.similarity_low if legs.words else parts.c.by_similarity.is_not(None)
    )
    rows = (
        select(
            parts.c.subject_id,
            _score(legs, parts, scale).label("score"),
            by_words.label("has_words"),
            by_similarity.label("has_similarity"),
            *scale.c,
        )
        .select_from(parts.join(scale, literal_column("true")))
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


def _score(legs: Legs, parts: CTE, scale: CTE) -> Expression:
    by_words = _between(parts.c.by_words, scale.c.words_low, scale.c.words_high)
    by_similarity = _between(parts.c.by_similarity, scale.c.similarity_low, scale.c.similarity_high)
    if legs.words and legs.model:
        weight = bindparam("weight", type_=Double)
        combined: Expression = weight * by_similarity + (ONE - weight) * by_words
    elif legs.owners:
        combined = _titles_first(by_words, parts.c.by_owner)
    else:
        combined = by_words if legs.words else by_similarity
    pinned = bindparam("pinned_id", type_=Uuid)
    return case((parts.c.subject_id == pinned, ONE), (pinned.is_not(None), combined * BELOW_PINNED), else_=combined)


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
    rough = searched.matching("terms", "scored")
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
    score = _word_score(terms, texts.c.content).label("score")
    return (
        select(candidates.c.subject_id, score)
        .select_from(candidates.join(texts, _text_of(searched, candidates.c.subject_id)))
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
        )
        .select_from(rows)
        .cte("parts")
        .prefix_with("MATERIALIZED")
    )


def _scale(words: CTE | None, near: CTE | None) -> CTE:
    """The worst and the best of each leg, unless a page that was before this one has said them. One leg alone needs no
    scale but its own: nothing is 0, and by words the best is 1."""
    both = words is not None and near is not None
    ends: dict[str, Expression] = {
        "words_low": select(func.min(words.c.score)).scalar_subquery() if both and words is not None else ZERO,
        "words_high": select(func.max(words.c.score)).scalar_subquery() if words is not None else ONE,
        "similarity_low": select(func.min(near.c.similarity)).scalar_subquery() if both and near is not None else ZERO,
        "similarity_high": select(func.max(near.c.similarity)).scalar_subquery() if both and near is not None else ONE,
    }
    return (
        select(
            *(func.coalesce(bindparam(name, type_=Double), cast(end, Double)).label(name) for name, end in ends.items())
        )
        .cte("scale")
        .prefix_with("MATERIALIZED")
    )


def _between(value: Expression, low: Expression, high: Expression) -> Expression:
    """Where `value` stands between the worst, which is 0, and the best, which is 1."""
    return case(
        (or_(value.is_(None), low.is_(None), value < low), ZERO),
        (or_(high <= low, value >= high), ONE),
        else_=(value - low) / (high - low),
    )


def _titles_first(by_words: Expression, by_owner: Expression) -> Expression:
    """No name counts as much as the worst of titles: that is the row's own, and the name of all its owner's rows."""
    return (case((by_words > ZERO, ONE + by_words), else_=ZERO) + func.coalesce(by_owner, ZERO)) / THREE
