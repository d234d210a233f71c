"""Snippets: the part of a text that matches, as HTML that is safe to show."""

import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape

from sqlalchemy import ARRAY, ColumnElement, Text, bindparam, func, literal_column, select

from app.db.statement import Statement, prepare
from app.graph.context import Context
from app.graph.select import Key, given_keys, key_values, the_callers
from app.indexing.search_texts import whole_text
from app.search.searchable import Searchable
from app.spelling import isolated

MARKING = 10  # objects, which a snippet takes as long as
LONGEST = 20_000  # characters of a text that are looked through: reading more takes longer than ranking did
# Control characters, which are taken out of the text: they stand for the marks, and for what the database puts between
# the parts of words. PostgreSQL reads them as blanks; of other letters it would make a part of the word beside them.
START, STOP, JOINTS = "\x01", "\x02", "\x05\x13"
BETWEEN = " … "  # the pieces of a text
OPTIONS = (
    f'StartSel="{START}", StopSel="{STOP}", MaxFragments=2, MaxWords=20, MinWords=10, ShortWord=0,'
    f' FragmentDelimiter="{BETWEEN}"'
)
# Letters that stand for signs, which would be no part of a word, or for nothing between those written together.
SIGNS = str.maketrans({"𐌰": "#", "𐌱": "+", "𐌲": "&", "𐌳": ""})
BETWEEN_PARTS = re.compile(f"{STOP}([-./@_:+&<]*[{JOINTS}]+){START}")
MARKS = str.maketrans({START: "<mark>", STOP: "</mark>", **dict.fromkeys(JOINTS, "")})


async def snippets(
    context: Context, keys: Sequence[Key], searchable: Searchable, lexemes: tuple[str, ...]
) -> list[str | None]:
    """The snippet of each row for these lexemes, marked; the start of its text where it has none of them."""
    context.budget.work += MARKING * len(keys)
    rows = await context.fetch(_headlines(searchable), key_values(keys) | {"lexemes": list(lexemes)})
    found = {row["ordinal"]: shown(row["headline"]) for row in rows}
    return [found.get(ordinal) for ordinal in range(1, len(keys) + 1)]


def shown(headline: str) -> str:
    """What PostgreSQL marked, as HTML: escaped first, so that only the marks are tags. The parts of a word are one."""
    whole = BETWEEN_PARTS.sub(r"\1", headline).translate(SIGNS)
    # Each piece by itself: what it says of directions may have its end in what was left out.
    return BETWEEN.join(map(isolated, escape(whole).translate(MARKS).split(BETWEEN)))


@lru_cache(10)
def _headlines(searchable: Searchable) -> Statement:
    keys, table = given_keys(), searchable.table
    row = select(_headline(searchable).label("headline")).where(
        table.c.organization_id == keys.c.organization_id, table.c.id == keys.c.id
    )
    lateral = row.limit(literal_column("1")).lateral("child")
    return prepare(
        select(keys.c.ordinal, lateral.c.headline)
        .select_from(keys.join(lateral, literal_column("true")))
        .where(the_callers(keys.c.organization_id))
    )


def _headline(searchable: Searchable) -> ColumnElement[str]:
    text = func.left(whole_text(searchable), literal_column(str(LONGEST)))
    plain = func.translate(text, _quoted(START + STOP + JOINTS), _quoted(""))
    return func.trellis_snippet(plain, bindparam("lexemes", type_=ARRAY(Text)), _quoted(OPTIONS))


def _quoted(text: str) -> ColumnElement[str]:
    return literal_column(f"'{text}'")
