"""Writing tasks, any number of them in one statement."""

from collections.abc import Sequence
from functools import lru_cache

import orjson
from sqlalchemy import (
    ARRAY,
    TableValuedAlias,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    column,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.db.columns import Expression, now, table_of
from app.db.statement import Clause, Parameters, Statement, as_few, prepare, statement_of
from app.graph.context import Context
from app.tasks.loaders import TASKS
from app.tasks.models import Task
from app.tasks.rows import TaskRow

tasks = table_of(Task)

NEW = (
    *("organization_id", "id", "team_id", "number", "title", "description", "status", "priority", "estimate"),
    *("due_date", "tags", "assignee_id", "creator_id", "completed_at", "created_at", "updated_at"),
)


async def insert_tasks(context: Context, tasks: Sequence[Parameters]) -> list[TaskRow]:
    """The rows that were made, in the order of `tasks`, which have some of the columns that are in NEW."""
    moment = now()
    complete = [{"created_at": moment, "updated_at": moment, **values} for values in tasks]
    rows = await context.fetch(_insert(), {"given": _json(complete)})
    made = {row.id: row for row in rows}
    return [made[values["id"]] for values in tasks]


@statement_of(TASKS)
def _insert() -> Clause:
    new = insert(tasks).from_select(NEW, select(*_given(NEW).c), include_defaults=False)
    return new.returning(*tasks.c)


async def update_tasks(context: Context, changes: Sequence[tuple[TaskRow, Parameters]]) -> None:
    """Changes rows that the operation holds locked. Each has the columns that any of them changes.

    What no task changes is not written, and a task that does not change stays as it was, its version too.
    """
    changing = [(row, values) for row, values in changes if values]
    if not changing:
        return
    columns = tuple(sorted({name for _, values in changing for name in values}))
    complete = [
        {"organization_id": row.organization_id, "id": row.id, **{name: row[name] for name in columns}, **values}
        for row, values in changing
    ]
    await context.fetch(_update(columns), {"given": _json(complete), "moment": now()})


@lru_cache(500)
def _update(columns: tuple[str, ...]) -> Statement:
    given = as_few(_given(("organization_id", "id", *columns)), func.jsonb_array_length(_rows()))
    return prepare(
        update(tasks)
        .where(
            # Of what is given: on the tasks' own column it would let the planner read all that an organization has.
            given.c.organization_id == any_(bindparam("organization_ids", type_=ARRAY(Uuid))),
            tasks.c.organization_id == given.c.organization_id,
            tasks.c.id == given.c.id,
        )
        .values(
            {name: given.c[name] for name in columns}
            | {
                "updated_at": bindparam("moment", type_=tasks.c.updated_at.type),
                "version": tasks.c.version + 1,
            }
        )
    )


def _given(columns: Sequence[str]) -> TableValuedAlias:
    """Rows of the parameter `given`. As JSON, since arrays of arrays (the tags) would have to be of equal length."""
    return (
        func.jsonb_to_recordset(_rows())
        .table_valued(*(column(name, tasks.c[name].type) for name in columns))
        .render_derived("given", with_types=True)
    )


def _rows() -> Expression:
    return cast(bindparam("given", type_=Text), JSONB)


def _json(rows: Sequence[Parameters]) -> str:
    return orjson.dumps(rows, default=str).decode()  # the driver's UUIDs are of a class that orjson does not know
