"""Cursors of searches: where a row stands, and all that its score was computed from but the row itself.

Scores move when others write: the best match sets the scale, and how common a word is sets its weight. So a cursor
brings along the scale and the weights of the page that gave it, and the next page ranks by those. It needs no memory of
any server, holds as long as the model stays, and is good in every process.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from math import isfinite
from typing import Any, NamedTuple
from uuid import UUID
from zlib import crc32

import orjson

from app.graph.errors import BadUserInput
from app.ranking.terms import MOST_TERMS, Term

MOST_RESULTS = 200  # of one search, on all its pages: nobody reads on, and each page ranks anew
LONGEST = 8_000  # characters: of the longest query all words may be other ones than typed
TAG, ID = 4, 16  # bytes
LONGEST_LEXEME = 2_046  # bytes, says PostgreSQL
SMALLEST_WEIGHT, LARGEST = 1e-12, 1e6  # far from all that there are; it refuses to compute with more, and with less

Scale = tuple[float | None, float | None, float | None, float | None]


class Basis(NamedTuple):
    """What the scores of a search are computed from: the ends of both legs, the model, the words and their weights; and
    what must be as similar to be found by meaning. `keeps` says that its -words exclude nothing, `leads` that some rows
    are first whatever they score."""

    scale: Scale
    model_id: int | None
    terms: tuple[Term, ...]
    floor: float
    keeps: bool = False
    leads: bool = False


class Position(NamedTuple):
    """Where a row stands: after `shown` rows, itself included."""

    score: float
    id: UUID
    shown: int
    basis: Basis


def encode(listed: str, basis: Basis, rows: Iterator[tuple[float, UUID, int]]) -> list[str]:
    """The cursors of rows (score, id, place from 1 on) of the search that `listed` names."""
    tag = _tag(listed)
    same = [basis.scale, basis.model_id, [tuple(term) for term in basis.terms], basis.floor, basis.keeps, basis.leads]
    return [
        urlsafe_b64encode(tag + row_id.bytes + orjson.dumps([score, shown, *same])).decode()
        for score, row_id, shown in rows
    ]


def decode(listed: str, cursor: str) -> Position:
    """Where the cursor stands; raises BadUserInput where it is broken or of another search."""
    try:
        if len(cursor) > LONGEST:
            raise ValueError
        content = urlsafe_b64decode(cursor.encode("ascii"))
        if content[:TAG] != _tag(listed):
            raise ValueError
        score, shown, scale, model_id, terms, floor, keeps, leads = orjson.loads(content[TAG + ID :])
        return Position(
            _number(score),
            UUID(bytes=content[TAG : TAG + ID]),
            _whole(shown, MOST_RESULTS),
            _basis(scale, model_id, terms, floor)._replace(keeps=keeps is True, leads=leads is True),
        )
    except (ValueError, TypeError, OverflowError):
        raise BadUserInput(
            "`after` is not a cursor of this search: pass one that the same search gave, with the same arguments."
        ) from None


def _basis(scale: Any, model_id: Any, terms: Any, floor: Any) -> Basis:
    known_id = None if model_id is None else _whole(model_id, 2**15 - 1)
    return Basis(_scale(scale), known_id, _terms(terms), _within(-1, _number(floor), 1))


def _tag(listed: str) -> bytes:
    # Not a signature: a forged cursor makes its sender's own results come in another order.
    return crc32(listed.encode()).to_bytes(TAG, "big")


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError
    return float(value)


def _within(low: float, value: float, high: float) -> float:
    if not low <= value <= high:
        raise ValueError
    return value


def _whole(value: Any, most: int) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError
    return value


def _scale(values: Any) -> Scale:
    words_low, words_high, similarity_low, similarity_high = (
        None if one is None else _within(-LARGEST, _number(one), LARGEST) for one in values
    )
    return words_low, words_high, similarity_low, similarity_high


def _terms(values: Any) -> tuple[Term, ...]:
    terms = tuple(Term(str(lexeme), _number(weight), bool(finds)) for lexeme, weight, finds in values)
    if len(terms) > MOST_TERMS or any("\0" in term.lexeme for term in terms):
        raise ValueError
    for term in terms:
        _within(1, len(term.lexeme.encode()), LONGEST_LEXEME)
        _within(SMALLEST_WEIGHT, term.weight, LARGEST)
    return terms
