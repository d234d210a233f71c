"""How near the day is on which a task is due: in the viewer's own time zone and weeks."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

import strawberry

from app.db.columns import now
from app.graph.context import Context
from app.graph.fields import Arguments
from app.graph.select import Key
from app.settings.models import Weekday
from app.settings.resolve import Effective, actor_settings
from app.tasks.models import TaskStatus
from app.tasks.rows import TaskRow

NEEDS = ("organization_id", "team_id", "status", "due_date")
CLOSED = {TaskStatus.DONE.name, TaskStatus.CANCELED.name}
WEEKDAYS = [day.name for day in Weekday]  # as Python numbers them


@strawberry.enum(description="How near the day is on which a task is due.")
class DueWindow(Enum):
    OVERDUE = strawberry.enum_value("OVERDUE", description="It is over.")
    TODAY = strawberry.enum_value("TODAY", description="It is today.")
    THIS_WEEK = strawberry.enum_value("THIS_WEEK", description="It is later this week.")
    NEXT_WEEK = strawberry.enum_value("NEXT_WEEK", description="It is next week.")
    LATER = strawberry.enum_value("LATER", description="It is after next week.")


async def due_windows(context: Context, tasks: Sequence[TaskRow], _arguments: Arguments) -> list[str | None]:
    """The window of each task; None where it has no due date or there is nothing left to do."""
    moment = now()
    due = [task.due_date is not None and task.status not in CLOSED for task in tasks]
    teams = [Key(task.organization_id, task.team_id) if one else None for task, one in zip(tasks, due, strict=True)]
    settings = await context.load_many(actor_settings, teams)
    return [
        None if one is None or task.due_date is None else window(task.due_date, moment, one)
        for task, one in zip(tasks, settings, strict=True)
    ]


def window(due: date, moment: datetime, settings: Effective) -> str:
    """The window that a day is in, as those see it at `moment` for whom the settings count."""
    today = moment.astimezone(ZoneInfo(settings.timezone.value)).date()
    since_start = (today.weekday() - WEEKDAYS.index(settings.week_start.value)) % 7
    next_week = today + timedelta(days=7 - since_start)
    if due <= today:
        return DueWindow.TODAY.name if due == today else DueWindow.OVERDUE.name
    if due < next_week:
        return DueWindow.THIS_WEEK.name
    return DueWindow.NEXT_WEEK.name if due < next_week + timedelta(days=7) else DueWindow.LATER.name
