"""Snippets: the part of a text that matches, as HTML that is safe to show."""

from collections.abc import Sequence
from functools import lru_cache
from html import escape

from sqlalchemy import ColumnElement, Text, bindparam, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import TSQUERY

from app.db.columns import Expression
from app.db.statement import Statement, prepare
from app.graph.context import Context
from app.graph.select import Key, given_keys, key_values, the_callers
from app.indexing.search_texts import whole_text
from app.ranking.terms import ENGLISH, as_query
from app.search.searchable import Searchable
from app.spelling import isolated

MARKING = 10  # objects, which a snippet takes as long as
LONGEST = 20_000  # characters of a text that are looked through: reading more takes longer than ranking did
# Control characters, which are taken out of the text: they stand for the marks, and for what PostgreSQL would take for
# a tag and drop. It reads them as blanks; of all other letters it would make a part of the word beside them.
START, STOP, LESS, GREATER = "\x01", "\x02", "\x03", "\x04"
SHOWN = {START: "<mark>", STOP: "</mark>", LESS: "&lt;", GREATER: "&gt;"}
HTML = str.maketrans(SHOWN)
BETWEEN = " … "  # the pieces of a text
OPTIONS = (
    f'StartSel="{START}", StopSel="{STOP}", MaxFragments=2, MaxWords=20, MinWords=10, FragmentDelimiter="{BETWEEN}"'
)


async def snippets(
    context: Context, keys: Sequence[Key], searchable: Searchable, lexemes: tuple[str, ...]
) -> list[str | None]:
    """The snippet of each row for these lexemes, marked; the start of its text where it has none of them."""
    context.budget.work += MARKING * len(keys)
    query = " | ".join(map(as_query, lexemes))
    rows = await context.fetch(_headlines(searchable), key_values(keys) | {"query": query})
    found = {row["ordinal"]: shown(row["headline"]) for row in rows}
    return [found.get(ordinal) for ordinal in range(1, len(keys) + 1)]


def shown(headline: str) -> str:
    """What PostgreSQL marked, as HTML: escaped first, so that only the marks are tags."""
    # Each piece by itself: what it says of directions may have its end in what was left out.
    pieces = escape(headline).translate(HTML).split(BETWEEN)
    return BETWEEN.join(map(isolated, pieces))


@lru_cache(10)
def _headlines(searchable: Searchable) -> Statement:
    keys, table = given_keys(), searchable.table
    query = cast(bindparam("query", type_=Text), TSQUERY)
    row = select(_headline(searchable, query).label("headline")).where(
        table.c.organization_id == keys.c.organization_id, table.c.id == keys.c.id
    )
    lateral = row.limit(literal_column("1")).lateral("child")
    return prepare(
        select(keys.c.ordinal, lateral.c.headline)
        .select_from(keys.join(lateral, literal_column("true")))
        .where(the_callers(keys.c.organization_id))
    )


def _headline(searchable: Searchable, query: Expression) -> ColumnElement[str]:
    text = func.left(whole_text(searchable), literal_column(str(LONGEST)))
    plain = func.translate(text, _quoted("<>" + "".join(SHOWN)), _quoted(LESS + GREATER))
    return func.ts_headline(ENGLISH, plain, query, _quoted(OPTIONS))


def _quoted(text: str) -> ColumnElement[str]:
    return literal_column(f"'{text}'")
