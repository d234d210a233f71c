"""Finding by names: the rows that a search calls by their titles, or by the name of their team or their assignee."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Double,
    Integer,
    Text,
    Uuid,
    bindparam,
    func,
    literal_column,
    select,
    true,
    union_all,
)

from app.db.columns import Expression, Rows
from app.db.record import Record
from app.db.statement import Statement, prepare_as
from app.graph.context import Context
from app.indexing.search_texts import words_of
from app.ranking.query import as_typed
from app.ranking.scope import Scope, Searched, few_rows
from app.ranking.terms import is_callers

MOST_TITLED = 1_000  # of which the titles are compared


class Owner(NamedTuple):
    """What rows belong to, and how like its name is to what was typed, up to 1."""

    id: UUID
    likeness: float


def values(owners: Sequence[Owner]) -> dict[str, Any]:
    """The parameters of the statements below."""
    return {"owner_ids": [owner.id for owner in owners], "likenesses": [owner.likeness for owner in owners]}


def given_owners() -> CTE:
    """The owners that a statement is told of."""
    given = (
        func.unnest(bindparam("owner_ids", type_=ARRAY(Uuid)), bindparam("likenesses", type_=ARRAY(Double)))
        .table_valued("id", "likeness")
        .render_derived("given_owners")
    )
    return select(given.c.id, given.c.likeness).cte("owners").prefix_with("MATERIALIZED")


def owned(searched: Searched, owners: CTE, *, narrow: bool) -> CTE:
    """The `depth` rows whose owners are called most like it."""
    every = (_among_few(searched, owners) if narrow else _of_each(searched, owners)).subquery("every")
    return (
        select(every.c.subject_id)
        .where(every.c.likeness > literal_column("0"))
        .order_by(every.c.likeness.desc(), every.c.subject_id)
        .limit(bindparam("depth", type_=Integer))
        .cte("owned")
        .prefix_with("MATERIALIZED")
    )


def likeness(searched: Searched, owners: CTE, subject_id: ColumnElement[UUID]) -> Expression:
    """How like the names of a row's owners are to what was typed, all together up to 1; NULL where none is."""
    table, together = searched.table, func.sum(owners.c.likeness)
    return (
        select(func.least(literal_column("1.0", Double), together))
        .select_from(table.join(owners, owners.c.id.in_(searched.searchable.owners)))
        .where(
            table.c.organization_id == searched.organization_id,
            table.c.id == subject_id,
            is_callers(searched.organization_id),
        )
        .having(together.is_not(None))  # of NULL and 1, the least is 1
        .correlate(subject_id.table)
        .scalar_subquery()
    )


def _among_few(searched: Searched, owners: CTE) -> Rows:
    few = few_rows()
    return select(few.c.id.label("subject_id"), likeness(searched, owners, few.c.id).label("likeness"))


def _of_each(searched: Searched, owners: CTE) -> Rows:
    """A team may hold all tasks there are, so of each owner only the oldest are read, off the index that lists them:
    what comes in meanwhile is behind them."""
    table = searched.table
    found = []
    for place, column in enumerate(searched.searchable.owners):
        rows = (
            searched.rows(table.c.id)
            .where(column == owners.c.id)
            .order_by(table.c.created_at, table.c.id)
            .limit(bindparam("depth", type_=Integer))
            .correlate(owners)
            .lateral(f"owned_{place}")
        )
        found.append(select(rows.c.id, owners.c.likeness).select_from(owners.join(rows, true())))
    each = union_all(*found).subquery("each")
    return select(each.c.id.label("subject_id"), func.sum(each.c.likeness).label("likeness")).group_by(each.c.id)


class Titled(Record):
    """A row whose title has the words of a search, and no others."""

    id: UUID
    title: str


async def titled_so(context: Context, scope: Scope, text: str) -> list[UUID]:
    """The rows whose titles are `text`, however it is typed."""
    rows = await context.fetch(_titled(scope.searched), {**scope.values, "titled": as_typed(text)})
    return [row.id for row in rows if _plain(row.title) == _plain(text)]


def _plain(title: str) -> str:
    return " ".join(as_typed(title).replace('"', " ").casefold().split())


@lru_cache(500)
def _titled(searched: Searched) -> Statement[Titled]:
    words = func.ts_filter(words_of(bindparam("titled", type_=Text), "A"), literal_column("'{a}'::\"char\"[]"))
    found = func.trellis_titled(searched.organization_id, searched.kind, words).table_valued("subject_id", name="found")
    rows = searched.rows(searched.table.c.id, searched.searchable.title.label("title"))
    one = rows.where(searched.table.c.id == found.c.subject_id).limit(literal_column("1")).lateral("one")
    few = select(one.c.id, one.c.title).select_from(found.join(one, true())).order_by(one.c.id)
    return prepare_as(few.limit(literal_column(str(MOST_TITLED))), Titled)
