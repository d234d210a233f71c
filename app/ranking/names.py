"""Finding by names: the rows of whatever a search calls by its name, as a task is of its team and of its assignee."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Double,
    Integer,
    Uuid,
    bindparam,
    func,
    literal_column,
    select,
    true,
    union_all,
)

from app.db.columns import Expression, Rows
from app.ranking.scope import Searched, few_rows
from app.ranking.terms import is_callers


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
