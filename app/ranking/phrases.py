"""What a text must hold, and what it must not: the phrases and -words of a query, as PostgreSQL reads them."""

from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Integer,
    Text,
    Uuid,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from app.db.columns import Expression
from app.db.statement import Clause, statement
from app.graph.context import Context
from app.indexing.search_texts import parts_of, whole_text
from app.ranking.query import DASHES, TYPED, WRITTEN, Query
from app.ranking.terms import ENGLISH
from app.search.searchable import Searchable

# Characters that what is found of a phrase may have more than it: other forms of its words, and signs between them.
LONGER, MORE = 2, 200


class Demands(NamedTuple):
    """The phrases that a text must hold, and what it must not hold, each as PostgreSQL's tsquery spells it; empty where
    nothing is demanded. Whoever holds all of the query as it was typed, as the `command` is, is not told anything."""

    held: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    command: str = ""
    reach: int = 0

    def values(self) -> dict[str, Any]:
        """The parameters of the statements that keep to them."""
        together = [" & ".join(self.held)] if self.held else []
        phrases = {"held_phrases": list(self.held), "unwanted_phrases": list(self.unwanted)}
        groups = {"held": together, "unwanted": list(self.unwanted), "commands": list(self.commands)}
        return {**phrases, **groups, "command": self.command, "reach": self.reach}


async def demands_of(context: Context, query: Query) -> Demands:
    """What `query` demands; a phrase of words that are in every text demands nothing."""
    if not query.phrases and not query.unwanted:
        return Demands()
    said = [*query.phrases, *query.unwanted, query.typed]
    queries = [row["query"] for row in await context.fetch(_read(), {"said": said})]
    amount = len(query.phrases)
    held, unwanted, command = _some(queries[:amount]), _some(queries[amount:-1]), _some(queries[-1:])
    reach = LONGER * max(map(len, said[:-1])) + MORE
    return Demands(held, unwanted, command if unwanted else (), query.typed, reach)


def _some(queries: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, queries)))


@statement
def _read() -> Clause:
    said = func.unnest(bindparam("said", type_=ARRAY(Text))).table_valued("text", with_ordinality="place")
    given = said.render_derived("said")
    query = func.phraseto_tsquery(ENGLISH, parts_of(given.c.text))
    return select(cast(query, Text).label("query")).order_by(given.c.place)


def held(searchable: Searchable) -> CTE:
    """The texts that may hold each phrase, by their `subject_id`."""
    return _holding(searchable.kind, "held")


def holds(searchable: Searchable) -> ColumnElement[bool]:
    """Whether a row's text holds each phrase."""
    return _said(searchable, "held", _found(searchable, "held_phrases") == func.cardinality(_phrases("held_phrases")))


def lacks(searchable: Searchable) -> ColumnElement[bool]:
    """Whether a row's text holds nothing unwanted, or all of the query as it was typed: an option of a command."""
    row_id = searchable.table.c.id
    unwanted = _said(searchable, "unwanted", _found(searchable, "unwanted_phrases") > literal_column("0"))
    command_text = bindparam("command", type_=Text)
    literally = func.strpos(_plain(whole_text(searchable)), _plain(command_text)) > literal_column("0")
    command = row_id.in_(select(_holding(searchable.kind, "commands").c.subject_id))
    return not_(and_(unwanted, not_(and_(command, literally))))


def _plain(text: Expression) -> Expression:
    """A text as a keyboard types it, where one is searched for in another."""
    typed = func.translate(func.normalize(text, literal_column("NFC")), WRITTEN + DASHES, TYPED + "-" * len(DASHES))
    blank = func.regexp_replace(typed, literal_column(r"'\s+'"), literal_column("' '"), literal_column("'g'"))
    return func.lower(blank)


def _said(searchable: Searchable, name: str, in_text: ColumnElement[bool]) -> ColumnElement[bool]:
    """By the positions of words; where those were cut off, `in_text` looks at the text itself."""
    row_id, holding = searchable.table.c.id, _holding(searchable.kind, name)
    cut = select(holding.c.subject_id).where(holding.c.cut)
    return and_(row_id.in_(select(holding.c.subject_id)), or_(row_id.not_in(cut), in_text))


@lru_cache(10)
def _holding(kind: str, name: str) -> CTE:
    """The texts that hold one of the queries of that name."""
    asked = func.unnest(bindparam(name, type_=ARRAY(Text))).table_valued("query").render_derived(f"asked_{name}")
    found = (
        func.trellis_holding(
            bindparam("organization_id", type_=Uuid), literal_column(f"'{kind}'", Text), cast(asked.c.query, TSQUERY)
        )
        .table_valued("subject_id", "cut")
        .lateral(f"found_{name}")
    )
    texts = select(found.c.subject_id, found.c.cut).select_from(asked.join(found, true()))
    return texts.cte(f"holding_{name}").prefix_with("MATERIALIZED")


def _found(searchable: Searchable, phrases: str) -> Expression:
    """How many of the phrases are in a row's text."""
    pieces = (
        func.trellis_pieces(whole_text(searchable), bindparam("reach", type_=Integer))
        .table_valued("piece")
        .render_derived("pieces")
    )
    content = func.to_tsvector(ENGLISH, parts_of(pieces.c.piece)).label("content")
    read = select(content).select_from(pieces).offset(literal_column("0")).subquery("read")
    asked = func.unnest(_phrases(phrases)).table_valued("query").render_derived("phrases")
    there = read.c.content.op("@@")(cast(asked.c.query, TSQUERY))
    return select(func.count(asked.c.query.distinct())).select_from(read.join(asked, there)).scalar_subquery()


def _phrases(name: str) -> Expression:
    return bindparam(name, type_=ARRAY(Text))
