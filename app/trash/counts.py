"""Keeping deletions true: what each still holds, after rows have left it or come to it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Integer, Uuid, all_, bindparam, case, func, select, update

from app.db.columns import now
from app.db.statement import Clause, Fetch, as_few, statement
from app.trash.loaders import DELETIONS, KINDS


class DeletionKey(NamedTuple):
    """The key of a deletion."""

    organization_id: UUID
    deletion_id: UUID


Moves = Mapping[DeletionKey, Counter[str]]  # how many more rows of each table a deletion holds, or fewer


async def update_counts(fetch: Fetch, moves: Moves, *, gone: Sequence[UUID]) -> None:
    """Counts anew what deletions hold; `gone` are rows that are in no deletion any more.

    A deletion whose last subject is gone has nothing left: what is under a subject leaves with it.
    """
    values = {f"more_{kind}": [counts[kind] for counts in moves.values()] for kind in KINDS}
    keys = {
        "organization_ids": [key.organization_id for key in moves],
        "deletion_ids": [key.deletion_id for key in moves],
    }
    await fetch(_update_counts(), {**values, **keys, "gone": gone, "moment": now()})


@statement
def _update_counts() -> Clause:
    table, columns = DELETIONS.table, DELETIONS.table.c
    more = [bindparam(f"more_{kind}", type_=ARRAY(Integer)) for kind in KINDS]
    organization_ids, ids = (bindparam(name, type_=ARRAY(Uuid)) for name in ("organization_ids", "deletion_ids"))
    moves = func.unnest(organization_ids, ids, *more).table_valued("organization_id", "deletion_id", *KINDS)
    given = as_few(moves.render_derived("given"), func.cardinality(ids))
    gone = bindparam("gone", type_=ARRAY(Uuid))
    subject = (
        func.unnest(columns.subject_ids).table_valued("id", with_ordinality="place", name="subject").render_derived()
    )
    left = func.array(
        select(subject.c.id).where(subject.c.id != all_(gone)).order_by(subject.c.place).scalar_subquery(),
        type_=ARRAY(Uuid),
    )
    nothing_left = columns.subject_ids.bool_op("<@")(gone)
    return (
        update(table)
        .where(columns.organization_id == given.c.organization_id, columns.id == given.c.deletion_id)
        .values(
            subject_ids=case((nothing_left, columns.subject_ids), else_=left),
            restored_at=case((nothing_left, bindparam("moment", type_=DateTime(timezone=True)))),
            **{kind: columns[kind] + given.c[kind] for kind in KINDS},
        )
    )
