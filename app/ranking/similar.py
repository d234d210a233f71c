"""Near duplicates: the texts whose vectors are closest to a row's own, for many rows in one statement."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from pgvector.sqlalchemy import VECTOR
from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Double,
    FromClause,
    Integer,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    true,
    union_all,
)

from app.db.columns import Expression, Rows, table_of
from app.db.statement import Statement, prepare
from app.graph.conditions import Condition
from app.graph.context import Context
from app.graph.select import Key, given_keys, key_values, the_callers
from app.ranking.scope import FEW
from app.ranking.vectors import WALK, Model
from app.search.embedding_models import Model as LivingModel
from app.search.embedding_models import living_models
from app.search.models import Embedding, ModelState
from app.search.searchable import Searchable

embeddings = table_of(Embedding)

COMPARING = 50  # objects, which finding what is like one row takes as long as


class Match(NamedTuple):
    """A row that is like another, from 0 to 1."""

    organization_id: UUID
    id: UUID
    similarity: float


async def similar(
    context: Context, searchable: Searchable, condition: Condition, keys: Sequence[Key], most: int
) -> list[list[Match]]:
    """For each row the `most` that are like it and hold the condition, the likest first; none before it is embedded.

    What is below the model's floor is the closest that there is, and not like it.
    """
    context.budget.work += COMPARING * len(keys)
    active = await _active(context)
    if active is None:
        return [[] for _ in keys]
    model = Model(active.id, active.dimension)
    await context.fetch(WALK, {})
    budget = context.budget
    async with budget.turn:
        values = key_values(keys) | {"most": most, "most_rows": budget.left + 1}
        rows = await context.fetch(_closest_to_each(searchable, condition, model), values)
        budget.take(len(rows))
    found: list[list[Match]] = [[] for _ in keys]
    for row in (row for row in rows if row["similarity"] >= active.floor):
        key = keys[row["ordinal"] - 1]
        found[row["ordinal"] - 1].append(Match(key[0], row["subject_id"], min(max(row["similarity"], 0.0), 1.0)))
    return [sorted(matches, key=lambda match: (-match.similarity, match.id)) for matches in found]


async def _active(context: Context) -> LivingModel | None:
    return next((one for one in await living_models(context.fetch) if one.state is ModelState.ACTIVE), None)


@lru_cache(10)
def _closest_to_each(searchable: Searchable, condition: Condition, model: Model) -> Statement:
    """For each row's own vector the closest others, by the index or, where that finds too few, of all: see `nearest`.

    In an organization with few the index is not walked at all.
    """
    keys, sizes = given_keys(), _sizes(searchable, model)
    own = _own(keys, searchable, model)
    walked = (
        _closest(keys, own, searchable, condition, model, exactly=False)
        .where(sizes.c.amount > literal_column(str(FEW)))
        .correlate(sizes)
        .cte("walked", nesting=True)
        .prefix_with("MATERIALIZED")
    )
    amount, most = select(func.count()).select_from(walked).scalar_subquery(), bindparam("most", type_=Integer)
    compared = _closest(keys, own, searchable, condition, model, exactly=True).where(amount < most).subquery("compared")
    near = union_all(select(*walked.c).where(amount >= most), select(*compared.c)).lateral("near")
    return prepare(
        select(keys.c.ordinal, near.c.subject_id, near.c.similarity)
        .select_from(
            keys.join(sizes, sizes.c.organization_id == keys.c.organization_id).join(own, true()).join(near, true())
        )
        .where(the_callers(keys.c.organization_id))
        .limit(bindparam("most_rows", type_=BigInteger))
    )


def _own(keys: FromClause, searchable: Searchable, model: Model) -> FromClause:
    """The vector of a row itself, looked up: joined, all the organization's may be read for each row."""
    embedded = embeddings.alias("embedded")
    return (
        select(embedded.c.embedding)
        .where(
            embedded.c.organization_id == keys.c.organization_id,
            embedded.c.subject_id == keys.c.id,
            *_of(embedded, searchable, model),
        )
        .limit(literal_column("1"))
        .lateral("own")
    )


def _closest(  # all that a lateral look-up depends on
    keys: FromClause, own: FromClause, searchable: Searchable, condition: Condition, model: Model, *, exactly: bool
) -> Rows:
    other, table, kind = embeddings.alias("other"), searchable.table, VECTOR(model.dimension)
    distance: Expression = cast(other.c.embedding, kind).op("<=>", return_type=Double())(cast(own.c.embedding, kind))
    similarity: Expression = (literal_column("1") - distance).label("similarity")
    live = (
        select(true().label("there"))
        .where(table.c.organization_id == keys.c.organization_id, table.c.id == other.c.subject_id, condition.clause())
        .limit(literal_column("1"))
        .correlate(keys, other)
        .lateral("live")
    )
    return (
        select(other.c.subject_id, similarity)
        .select_from(other.join(live, true()))
        .where(
            other.c.organization_id == keys.c.organization_id,
            other.c.subject_id != keys.c.id,
            *_of(other, searchable, model),
        )
        .order_by(distance + literal_column("0") if exactly else distance)
        .limit(bindparam("most", type_=Integer))
        .correlate(keys, own)
    )


def _sizes(searchable: Searchable, model: Model) -> CTE:
    """How many vectors each organization of the batch has, as far as it matters."""
    counted = embeddings.alias("counted")
    keys = given_keys()
    organizations = select(keys.c.organization_id).distinct().subquery("organizations")
    some = (
        select(counted.c.subject_id)
        .where(counted.c.organization_id == organizations.c.organization_id, *_of(counted, searchable, model))
        .limit(literal_column(str(FEW + 1)))
        .correlate(organizations)
        .subquery("some")
    )
    amount = select(func.count()).select_from(some).scalar_subquery().label("amount")
    return select(organizations.c.organization_id, amount).cte("sizes").prefix_with("MATERIALIZED")


def _of(table: FromClause, searchable: Searchable, model: Model) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.kind == literal_column(f"'{searchable.kind}'", Text),
        table.c.model_id == literal_column(str(model.id)),
    )
