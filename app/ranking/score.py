"""What a row scores by its words, its meaning and its owners' names, and which of them it is found by."""

from dataclasses import dataclass

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Double,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    true,
)

from app.db.columns import Expression
from app.ranking.vectors import Model

ZERO, ONE, TWO, THREE = (literal_column(number, Double) for number in ("0.0", "1.0", "2.0", "3.0"))
BELOW_FIRST = 0.99  # what others score, of what they would, where one is first whatever it scores
SECOND = literal_column("0.995", Double)


@dataclass(frozen=True)
class Legs:
    """By what a ranking finds texts: their words, their meaning where there is a `model`, the names of their owners."""

    words: bool
    model: Model | None
    owners: bool
    titles: bool  # those that are what was typed come first
    narrow: bool  # among the few rows whose ids are given; else among all that pass the condition

    @property
    def both(self) -> bool:
        """Whether words and meaning are put together."""
        return self.words and self.model is not None


def scale(words: CTE | None, near: CTE | None) -> CTE:
    """The worst and the best of each leg, unless a page that was before this one has said them. One leg alone needs no
    scale but its own: nothing is 0, and by words the best is 1. The floor is no end of it: nDCG@10 loses 0.003."""
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


def is_found(legs: Legs, parts: CTE) -> ColumnElement[bool]:
    """Some vectors are the closest, however far: where nothing else speaks for a row, it must be above the floor."""
    if legs.model is None:
        return true()
    pinned = parts.c.subject_id == bindparam("pinned_id", type_=Uuid)
    return or_(parts.c.is_worded, parts.c.by_owner > ZERO, parts.c.by_similarity >= _floor(), pinned)


def signals(legs: Legs, parts: CTE, ends: CTE) -> list[Expression]:
    """Which of the legs a row is found by."""
    low = func.greatest(ends.c.similarity_low, _floor()) if legs.both else _floor()
    return [
        _has_words(parts, ends).label("has_words"),
        (parts.c.by_similarity >= low).label("has_similarity"),
        (parts.c.by_owner > ZERO).label("has_owner"),
    ]


def score(legs: Legs, parts: CTE, ends: CTE) -> Expression:
    """From 0 to 1, by what `parts` says of the row and the ends of the scale."""
    by_words = _between(parts.c.by_words, ends.c.words_low, ends.c.words_high)
    combined: Expression = by_words
    if legs.model is not None:
        combined = _between(parts.c.by_similarity, ends.c.similarity_low, ends.c.similarity_high)
    if legs.both:
        weight = bindparam("weight", type_=Double)
        combined = weight * combined + (ONE - weight) * by_words
    if legs.owners:
        by_owner = func.coalesce(parts.c.by_owner, ZERO)
        combined = (
            _titles_first(by_words, by_owner)
            if legs.model is None
            else _names_between(combined, _has_words(parts, ends), by_owner)
        )
    pinned = bindparam("pinned_id", type_=Uuid)
    first: list[tuple[ColumnElement[bool], Expression]] = [(parts.c.subject_id == pinned, ONE)]
    if legs.titles:
        is_titled = parts.c.subject_id == any_(bindparam("titled_ids", type_=ARRAY(Uuid)))
        first.append((is_titled, case((pinned.is_(None), ONE), else_=SECOND)))
    return case(*first, else_=combined * bindparam("share", type_=Double))


def _floor() -> Expression:
    return bindparam("floor", type_=Double)


def _has_words(parts: CTE, ends: CTE) -> ColumnElement[bool]:
    return and_(parts.c.by_words > ZERO, parts.c.by_words >= ends.c.words_low)


def _between(value: Expression, low: Expression, high: Expression) -> Expression:
    """Where `value` stands between the worst, which is 0, and the best, which is 1."""
    return case(
        (or_(value.is_(None), low.is_(None), value < low), ZERO),
        (or_(high <= low, value >= high), ONE),
        else_=(value - low) / (high - low),
    )


def _titles_first(by_words: Expression, by_owner: Expression) -> Expression:
    """No name counts as much as the worst of titles: that is the row's own, and the name of all its owner's rows."""
    return (case((by_words > ZERO, ONE + by_words), else_=ZERO) + by_owner) / THREE


def _names_between(combined: Expression, has_words: ColumnElement[bool], by_owner: Expression) -> Expression:
    """After all that is found by words come the rows of whoever is called so; what it means beside that, last."""
    return case((has_words, ONE + combined), else_=func.greatest(combined, by_owner)) / TWO
