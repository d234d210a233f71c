"""Changing tasks."""

from collections.abc import Sequence
from datetime import datetime

from app.db.columns import now
from app.events.models import EventType
from app.events.record import record
from app.graph.context import Context
from app.indexing.enqueue import note_texts
from app.tasks.bulk import Item
from app.tasks.check import Wanted, check_amount
from app.tasks.models import TaskStatus
from app.tasks.references import Assignee, check_assignee, live_assignees
from app.tasks.rows import TaskRow
from app.tasks.searchable import TASKS
from app.tasks.write import update_tasks

DONE = TaskStatus.DONE.name
TEXT = {"title", "description"}  # what search reads


async def plan_changes(context: Context, items: Sequence[Item], wanted: Wanted) -> None:
    """Sets what each task's values will be, where they are to differ; nothing is written yet."""
    moment = now()
    found = [item for item in items if item.found is not None]
    assignees = [_assignee(item.row, wanted) for item in found]
    live = await live_assignees(context, filter(None, assignees))
    for item, assignee in zip(found, assignees, strict=True):
        meant = {"assignee_id": live[assignee]} if assignee in live else {}
        item.values = _changes(item, wanted, {**wanted.columns, **meant}, moment)
        check_assignee(assignee, live, item.checks)


def _assignee(row: TaskRow, wanted: Wanted) -> Assignee | None:
    assignee_id = wanted.columns.get("assignee_id")
    return Assignee(row.organization_id, row.team_id, assignee_id) if assignee_id else None


def _changes(item: Item, wanted: Wanted, values: dict[str, object], moment: datetime) -> dict[str, object]:
    row = item.row
    if wanted.added_tags or wanted.removed_tags:
        tags = wanted.tags_after(row.tags)
        check_amount(tags, item.checks, "addTags")
        values["tags"] = tags
    if "status" in values and (values["status"] == DONE) != (row.status == DONE):
        values["completed_at"] = moment if values["status"] == DONE else None
    return {name: value for name, value in values.items() if value != row[name]}


async def change(context: Context, items: Sequence[Item]) -> None:
    """Writes the items' values into their tasks, which the operation holds locked."""
    await update_tasks(context, [(item.row, item.values) for item in items])
    for item in items:
        if item.values:
            before = {name: item.row[name] for name in item.values}
            record(context, EventType.UPDATED, item.row, before=before, after=item.values)
    note_texts(context, TASKS, [item.row for item in items if not TEXT.isdisjoint(item.values)])
