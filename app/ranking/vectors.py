"""Finding by meaning: the texts whose vectors are closest to a query's, as far as they have to do with it."""

from math import log10
from typing import NamedTuple

from pgvector.sqlalchemy import VECTOR
from sqlalchemy import (
    CTE,
    ColumnElement,
    Double,
    FromClause,
    Integer,
    Text,
    bindparam,
    cast,
    func,
    select,
    union_all,
)
from sqlalchemy import literal_column as literal

from app.db.columns import Expression, Rows, table_of
from app.db.statement import prepare
from app.graph.embedding import QueryEmbedding
from app.ranking.scope import MOST_OF_WHOLE, Searched
from app.ranking.terms import is_callers
from app.search.embedding_models import NO_FLOOR
from app.search.models import Embedding

embeddings = table_of(Embedding)

# The walk through an index goes on until enough rows pass, and each search is planned for its own organization: a
# generic plan costs a large one 100 ms in place of 4.
WALK_SETTINGS = {
    "hnsw.iterative_scan": "relaxed_order",
    "hnsw.ef_search": "200",
    "plan_cache_mode": "force_custom_plan",
}
WALK = prepare(
    select(
        *(
            func.set_config(literal(f"'{name}'"), literal(f"'{value}'"), literal("true"))
            for name, value in WALK_SETTINGS.items()
        )
    )
)


# Of more texts the closest is closer by chance: of ten times as many by 0.04, with every model that was measured.
FLOOR_IS_FOR = 1_000  # texts
TENFOLD = 0.04
# What a query is about mostly holds one of its words. So beside words, what holds none has to be closer.
WORDLESS = 0.06


class Model(NamedTuple):
    """An embedding model, as statements name it: literally, or its index would not be used."""

    id: int
    dimension: int


def floor_of(embedding: QueryEmbedding | None, mode: str, texts: int | None) -> float:
    """The least similarity to a query among the `texts` of an organization; None where those have not been counted."""
    if embedding is None or embedding.floor == NO_FLOOR:
        return NO_FLOOR
    beside_words = WORDLESS if mode == "HYBRID" else 0.0
    among_them = TENFOLD * log10((texts or FLOOR_IS_FOR) / FLOOR_IS_FOR)
    return min(1.0, embedding.floor + among_them + beside_words)


def nearest(searched: Searched, model: Model, *, narrow: bool) -> CTE:
    """The `depth` closest of what may be found.

    Few rows are all compared. Among many the index is walked until enough of them pass; it may miss one of twenty. It
    gives up where the organization's vectors are too rare among everybody's, and then all are compared after all: a
    list that is too short would be worse than a slow one.
    """
    depth = bindparam("depth", type_=Integer)
    if narrow:
        every = _all(searched, model, narrow=True)
        return _closest(searched, every, depth).cte("by_similarity").prefix_with("MATERIALIZED")
    wanted = depth if searched.searchable.whole is None else depth * literal(str(MOST_OF_WHOLE))
    distance = _distance(model)
    near = select(embeddings.c.subject_id, (literal("1") - distance).label("similarity"))
    walked = (
        searched.keep(near, embeddings, narrow=False)
        .where(*_of(searched, model))
        .order_by(distance)
        .limit(wanted)
        .cte("walked")
        .prefix_with("MATERIALIZED")
    )
    amount = select(func.count()).select_from(walked).scalar_subquery()
    compared = _closest(searched, _all(searched, model, narrow=False), depth).where(amount < wanted)
    enough = _closest(searched, walked, depth).where(amount >= wanted)
    return (
        union_all(*(select(*found.subquery(name).c) for name, found in (("enough", enough), ("compared", compared))))
        .cte("by_similarity")
        .prefix_with("MATERIALIZED")
    )


def _all(searched: Searched, model: Model, *, narrow: bool) -> FromClause:
    near = select(embeddings.c.subject_id, (literal("1") - _distance(model)).label("similarity"))
    found = searched.keep(near, embeddings, narrow=narrow)
    return found.where(*_of(searched, model)).subquery("every")


def _closest(searched: Searched, every: FromClause, depth: ColumnElement[int]) -> Rows:
    best = searched.best_of_wholes(every, every.c.similarity)
    # The sum keeps the planner from taking the index for this order.
    return (
        select(best.c.subject_id, best.c.similarity)
        .order_by((best.c.similarity + literal("0")).desc(), best.c.subject_id)
        .limit(depth)
    )


def similarity(searched: Searched, model: Model, found: FromClause) -> Expression:
    """How close the text of a row of `found` is to the query, by its `subject_id`; NULL before it is embedded."""
    return (
        select(literal("1") - _distance(model))
        .where(*_of(searched, model), embeddings.c.subject_id == found.c.subject_id)
        .correlate(found)
        .scalar_subquery()
    )


def _of(searched: Searched, model: Model) -> tuple[ColumnElement[bool], ...]:
    return (
        embeddings.c.organization_id == searched.organization_id,
        embeddings.c.kind == searched.kind,
        embeddings.c.model_id == literal(str(model.id)),
        is_callers(searched.organization_id),
    )


def _distance(model: Model) -> Expression:
    kind = VECTOR(model.dimension)
    # In a subquery of its own it is read once: a generic plan would read 3,000 letters anew for each row.
    query = select(cast(bindparam("vector", type_=Text), kind)).scalar_subquery()
    return cast(embeddings.c.embedding, kind).op("<=>", return_type=Double())(query)
