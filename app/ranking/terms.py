"""The words of a query as an organization's texts know them: what each weighs, and what a mistyped one may mean."""

import re
from collections.abc import Sequence
from functools import lru_cache
from math import log
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    REAL,
    ColumnElement,
    Integer,
    Text,
    Uuid,
    all_,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import REGCONFIG

from app.db.columns import table_of
from app.db.record import Record
from app.db.statement import Clause, Statement, prepare, statement_as
from app.graph.context import Context
from app.indexing.search_texts import words_of
from app.ranking.alike import likenesses
from app.search.models import SearchWord, SearchWordTotal

words = table_of(SearchWord)
totals = table_of(SearchWordTotal)

ENGLISH = cast(literal_column("'english'"), REGCONFIG)
MOST_TERMS = 64  # of a query: each is ranked by itself in some 300 texts
# A word that is in many texts tells them hardly apart, but makes all of them candidates. It is left out of finding them
# where it is in more than this share of the organization's texts, and takes part in ranking what others have found.
COMMON, COMMON_IN_MANY = 0.1, 0.02
MANY = 20_000  # texts
FEW = 100  # texts with a word that are always cheap to rank
MOST_FOUND = 5_000  # texts that are found by the rarest words: the others, together, would find more than can be ranked
# What is written without blanks between words, as the database's trellis_parts has it.
UNSPACED = re.compile(
    "[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u2190-\u21ff\u2300-\u2bff\u3005-\u3007\u3041-\u312f\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U0001f000-\U0001faff\U00020000-\U0003ffff]+"
)
LIKENESS = 0.4  # of trigrams: "conect" and "connect" have 0.44
LEAST_LIKENESS = 0.25  # of those whose letters are compared, too: "platfrom" and "platform" have 0.38
MOST_CORRECTIONS, MOST_SIMILAR, MOST_LOOKED_AT = 3, 6, 50


class Term(NamedTuple):
    """A lexeme to rank by; `finds` says whether it is also looked for."""

    lexeme: str
    weight: float
    finds: bool


class Known(NamedTuple):
    """A lexeme of the query, and in how many of how many texts it was when they were last counted: None before that.

    `is_other` says that it is only what words of the query are also called.
    """

    lexeme: str
    documents: int | None
    texts: int | None
    is_other: bool


class Candidate(NamedTuple):
    """A lexeme that may be meant: in how many texts it is, and how like the word that was typed, up to 1."""

    lexeme: str
    documents: int
    likeness: float


async def terms_of(
    context: Context, organization_id: UUID, kind: str, text: str, *, correcting: bool = True
) -> tuple[Term, ...]:
    """What to find texts by that are about the words of `text`; for a word that none of them has, what is meant, unless
    it is not `correcting`."""
    known = await _known(context, organization_id, kind, text)
    if not known or known[0].texts is None:
        return tuple(Term(one.lexeme, 1.0, True) for one in known[:MOST_TERMS])
    unknown = [one.lexeme for one in known if one.documents is None and not one.is_other] if correcting else []
    similar = await _similar(context, organization_id, kind, unknown, LIKENESS) if unknown else {}
    meant = [
        one for found in similar.values() for one in (found[:1] if found[0].likeness == 1 else found[:MOST_CORRECTIONS])
    ]
    return _weighted([*meant, *_own(known)], known[0].texts)


async def similar_terms(context: Context, organization_id: UUID, kind: str, text: str) -> tuple[Term, ...]:
    """The words of `text` and all that are spelled much like them, which weigh less the less alike they are."""
    known = await _known(context, organization_id, kind, text)
    if not known or known[0].texts is None:
        return tuple(Term(one.lexeme, 1.0, True) for one in known[:MOST_TERMS])
    lexemes = [one.lexeme for one in known if not one.is_other][:MOST_TERMS]
    found = await _similar(context, organization_id, kind, lexemes, LEAST_LIKENESS)
    similar = [one for word, candidates in found.items() for one in _spelled_like(word, candidates)[:MOST_SIMILAR]]
    return tuple(term._replace(finds=True) for term in _weighted([*similar, *_own(known)], known[0].texts))


def beside(terms: Sequence[Term], others: Sequence[Term]) -> tuple[Term, ...]:
    """The terms, and others by which nothing is found, and what is found is ranked."""
    known = {term.lexeme for term in terms}
    more = [other._replace(finds=False) for other in others if other.lexeme not in known]
    return (*terms, *more)[:MOST_TERMS]


def _spelled_like(word: str, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those that are much like the word, by trigrams or by letters."""
    by_letters = likenesses(word, [one.lexeme for one in candidates])
    likest = [one._replace(likeness=max(one.likeness, by_letters.get(one.lexeme, 0.0))) for one in candidates]
    return sorted((one for one in likest if one.likeness >= LIKENESS), key=_likeliest_first)


def _own(known: Sequence[Known]) -> list[Candidate]:
    return [Candidate(one.lexeme, one.documents, 1.0) for one in known if one.documents is not None]


def _weighted(found: Sequence[Candidate], texts: int) -> tuple[Term, ...]:
    """Rare words weigh more: the inverse document frequency of BM25, times how sure it is that the word is meant.

    Of a lexeme that is there twice, the surer one counts. The rarest is looked for however common it is.
    """
    limit = max(FEW, (COMMON if texts <= MANY else COMMON_IN_MANY) * texts)
    surest = {one.lexeme: one for one in sorted(found, key=attrgetter("likeness"))}
    terms: list[Term] = []
    room = MOST_FOUND
    for lexeme, documents, likeness in sorted(surest.values(), key=attrgetter("documents", "lexeme")):
        weight = likeness * log(1 + (max(texts - documents, 0) + 0.5) / (documents + 0.5))
        terms.append(Term(lexeme, weight, not terms or documents <= min(limit, room)))
        room -= documents
    return tuple(sorted(terms, key=lambda term: (-term.weight, term.lexeme))[:MOST_TERMS])


async def _known(context: Context, organization_id: UUID, kind: str, text: str) -> list[Known]:
    rows = await context.fetch(_look_up(kind), {"organization_id": organization_id, "words": text})
    known = [Known(row["lexeme"], row["documents"], row["texts"], row["is_other"]) for row in rows]
    pairs = " ".join(one.lexeme for one in known if one.is_other)
    return [one for one in known if not (one.lexeme in pairs and _is_unspaced_letter(one.lexeme))]


def _is_unspaced_letter(lexeme: str) -> bool:
    """Whether it is but a letter of what is written without blanks: the pairs that it is in tell texts apart."""
    return len(lexeme) == 1 and UNSPACED.fullmatch(lexeme) is not None


@lru_cache(10)
def _look_up(kind: str) -> Statement:
    organization_id = bindparam("organization_id", type_=Uuid)
    lexemes = func.unnest(words_of(bindparam("words", type_=Text), "A"))
    asked = lexemes.table_valued("lexeme", "positions", "weights").render_derived("asked")
    # Subqueries, so that each lexeme is looked up: joined, all the organization's words may be read for one of them.
    documents = select(words.c.documents).where(
        words.c.organization_id == organization_id,
        words.c.kind == literal_column(f"'{kind}'"),
        words.c.lexeme == asked.c.lexeme,
    )
    texts = select(func.nullif(totals.c.texts, 0)).where(
        totals.c.organization_id == organization_id, totals.c.kind == literal_column(f"'{kind}'")
    )
    return prepare(
        select(
            asked.c.lexeme,
            documents.correlate(asked).scalar_subquery().label("documents"),
            texts.scalar_subquery().label("texts"),
            (literal_column("'A'") != all_(asked.c.weights)).label("is_other"),
        )
        .select_from(asked)
        .where(is_callers(organization_id))
    )


def is_callers(organization_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    """The second wall, for statements that are about one organization."""
    return organization_id == any_(bindparam("organization_ids", type_=ARRAY(Uuid)))


class Spelled(Record):
    """A word that is spelled like `word`."""

    word: str
    lexeme: str
    documents: int
    similarity: float


async def _similar(
    context: Context, organization_id: UUID, kind: str, lexemes: Sequence[str], likeness: float
) -> dict[str, list[Candidate]]:
    """For each of `lexemes` the words that are spelled like it: first itself, where a text has it, then what is likest
    and most common."""
    values = {
        "organization_id": organization_id,
        "kind": kind,
        "lexemes": list(lexemes),
        "likeness": likeness,
        "most": MOST_LOOKED_AT,
    }
    found: dict[str, list[Candidate]] = {}
    for row in await context.fetch(_spelled_alike(), values):
        candidate = Candidate(row.lexeme, row.documents, row.similarity)
        found.setdefault(row.word, []).append(candidate)
    return {word: sorted(candidates, key=_likeliest_first) for word, candidates in found.items()}


def _likeliest_first(candidate: Candidate) -> tuple[bool, float, str]:
    likely = candidate.likeness * log(2 + candidate.documents)
    return candidate.likeness < 1, -likely, candidate.lexeme


@statement_as(Spelled)
def _spelled_alike() -> Clause:
    organization_id = bindparam("organization_id", type_=Uuid)
    similar = func.trellis_similar_words(
        organization_id,
        bindparam("kind", type_=Text),
        bindparam("lexemes", type_=ARRAY(Text)),
        cast(bindparam("likeness", type_=REAL), REAL),
        bindparam("most", type_=Integer),
    ).table_valued("word", "lexeme", "documents", "similarity", name="alike")
    return select(similar).where(is_callers(organization_id))


def as_query(lexeme: str) -> str:
    """A lexeme as PostgreSQL's tsquery spells it, whatever letters it has."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"
