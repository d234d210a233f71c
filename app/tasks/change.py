"""Changing tasks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.db.columns import now
from app.events.models import EventType
from app.events.record import record
from app.graph.context import Context
from app.indexing.enqueue import note_texts
from app.tasks.attempt import Attempt
from app.tasks.check import Wanted, check_amount
from app.tasks.models import TaskStatus
from app.tasks.references import Assignee, check_assignee, live_assignees
from app.tasks.searchable import TASKS
from app.tasks.write import update_tasks

DONE = TaskStatus.DONE.name
TEXT = {"title", "description"}  # what search reads


async def plan_changes(context: Context, attempts: Sequence[Attempt], wanted: Wanted) -> None:
    """Sets what each task's values will be, where they are to differ; nothing is written yet."""
    moment = now()
    found = [attempt for attempt in attempts if attempt.row is not None]
    for attempt in found:
        attempt.values = _changes(attempt, wanted, moment)
    assignees = [_assignee(attempt.row, wanted) for attempt in found]
    live = await live_assignees(context, filter(None, assignees))
    for attempt, assignee in zip(found, assignees, strict=True):
        check_assignee(assignee, live, attempt.checks)


def _assignee(row: Any, wanted: Wanted) -> Assignee | None:
    assignee_id = wanted.columns.get("assignee_id")
    return Assignee(row.organization_id, row.team_id, assignee_id) if assignee_id else None


def _changes(attempt: Attempt, wanted: Wanted, moment: datetime) -> dict[str, Any]:
    row, values = attempt.row, dict(wanted.columns)
    if wanted.added_tags or wanted.removed_tags:
        values["tags"] = wanted.tags_after(row.tags)
        check_amount(values["tags"], attempt.checks, "addTags")
    if "status" in values and (values["status"] == DONE) != (row.status == DONE):
        values["completed_at"] = moment if values["status"] == DONE else None
    return {name: value for name, value in values.items() if value != row[name]}


async def change(context: Context, attempts: Sequence[Attempt]) -> None:
    """Writes the attempts' values into their tasks, which the operation holds locked."""
    await update_tasks(context, [(attempt.row, attempt.values) for attempt in attempts])
    for attempt in attempts:
        if attempt.values:
            before = {name: attempt.row[name] for name in attempt.values}
            record(context, EventType.UPDATED, attempt.row, before=before, after=attempt.values)
    note_texts(context, TASKS, [attempt.row for attempt in attempts if not TEXT.isdisjoint(attempt.values)])
