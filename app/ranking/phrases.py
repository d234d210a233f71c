"""What a text must hold, and what it must not: the phrases and -words of a query, as PostgreSQL reads them."""

from typing import Any, NamedTuple

from sqlalchemy import Text, bindparam, cast, func, select

from app.db.statement import Clause, statement
from app.graph.context import Context
from app.ranking.query import Query
from app.ranking.terms import ENGLISH


class Demands(NamedTuple):
    """Two queries, empty where nothing is demanded, and the lexemes that are in them."""

    held: str = ""
    held_terms: tuple[str, ...] = ()
    unwanted: str = ""
    unwanted_terms: tuple[str, ...] = ()

    def values(self) -> dict[str, Any]:
        """The parameters of the statements that keep to them."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in self._asdict().items()}


async def demands_of(context: Context, query: Query) -> Demands:
    """What `query` demands; a phrase of words that are in every text demands nothing."""
    if not query.phrases and not query.unwanted:
        return Demands()
    values = {
        "all_of": " ".join(f'"{phrase}"' for phrase in query.phrases),
        "none_of": " or ".join(f'"{phrase}"' for phrase in query.unwanted),
    }
    (row,) = await context.fetch(_read(), values)
    return Demands(row["held"], tuple(row["held_terms"]), row["unwanted"], tuple(row["unwanted_terms"]))


@statement
def _read() -> Clause:
    columns = []
    for name, given in (("held", "all_of"), ("unwanted", "none_of")):
        text = bindparam(given, type_=Text)
        columns.append(cast(func.websearch_to_tsquery(ENGLISH, text), Text).label(name))
        columns.append(func.tsvector_to_array(func.to_tsvector(ENGLISH, text)).label(f"{name}_terms"))
    return select(*columns)
