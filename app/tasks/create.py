"""Creating tasks."""

from collections import Counter
from collections.abc import Sequence

from app.db.columns import new_id, now
from app.db.statement import Parameters
from app.events.models import EventType
from app.events.record import record
from app.graph.context import Context
from app.graph.ids import parse_id
from app.graph.select import Key
from app.indexing.enqueue import note_texts
from app.settings.resolve import actor_settings
from app.tasks.bulk import Item
from app.tasks.check import columns_of_new
from app.tasks.inputs import CreateTaskInput
from app.tasks.models import TaskStatus
from app.tasks.number import take_numbers
from app.tasks.policies import can_work
from app.tasks.references import Assignee, check_assignee, check_team, live_assignees, teams_by_id
from app.tasks.searchable import TASKS
from app.tasks.write import insert_tasks
from app.writing.inputs import Checks
from app.writing.mutation import UserErrorCode, rejected

RECORDED = (
    *("team_id", "number", "title", "description", "status", "priority", "estimate", "due_date", "tags"),
    *("assignee_id", "completed_at"),
)


async def new_items(context: Context, inputs: Sequence[CreateTaskInput], checks: Sequence[Checks]) -> list[Item]:
    """An item for each input, whose mistakes are noted in `checks`; nothing is locked or written yet."""
    items = [_new_item(context, *one) for one in zip(inputs, checks, strict=True)]
    teams = await teams_by_id(context, [item.values["team_id"] for item in items])
    for item in items:
        team = teams.get(item.values["team_id"])
        if check_team(team, item.checks, "teamId") and team is not None:
            item.verdict = can_work(context.actor, team, team.role)
            item.values["organization_id"] = team.organization_id
    placed = [item for item in items if "organization_id" in item.values]
    await _check_assignees(context, placed)
    await _set_priorities(context, [item for item in placed if "priority" not in item.values])
    return items


async def _set_priorities(context: Context, items: Sequence[Item]) -> None:
    teams = [Key(item.values["organization_id"], item.values["team_id"]) for item in items]
    for item, settings in zip(items, await context.load_many(actor_settings, teams), strict=True):
        item.values["priority"] = settings.default_task_priority.value


async def _check_assignees(context: Context, items: Sequence[Item]) -> None:
    assignees = [_assignee(item.values) for item in items]
    live = await live_assignees(context, filter(None, assignees))
    for item, assignee in zip(items, assignees, strict=True):
        if assignee in live:
            item.values["assignee_id"] = live[assignee]
        check_assignee(assignee, live, item.checks)


def _assignee(values: Parameters) -> Assignee | None:
    assignee_id = values.get("assignee_id")
    return Assignee(values["organization_id"], values["team_id"], assignee_id) if assignee_id else None


def _new_item(context: Context, given: CreateTaskInput, checks: Checks) -> Item:
    team_id = parse_id(given.team_id, ".".join([*checks.root, "teamId"]))
    values = {"id": new_id(), "team_id": team_id, "creator_id": context.actor.user_id, **columns_of_new(given, checks)}
    if given.status is TaskStatus.DONE:
        values["completed_at"] = now()
    return Item(checks, values=values)


async def create(context: Context, items: Sequence[Item]) -> None:
    """Makes the tasks, numbered in the order of `items`, which have no mistakes."""
    if not items:
        return
    teams = [Key(item.values["organization_id"], item.values["team_id"]) for item in items]
    numbers = await take_numbers(context, Counter(teams))
    for item, team in zip(items, teams, strict=True):
        if team not in numbers:
            message = "The team has been deleted meanwhile."
            raise rejected(UserErrorCode.PARENT_DELETED, message, *item.checks.root, "teamId")
        item.values["number"] = numbers[team]
        numbers[team] += 1
    rows = await insert_tasks(context, [item.values for item in items])
    for item, row in zip(items, rows, strict=True):
        item.found = row
        record(context, EventType.CREATED, row, after={name: row[name] for name in RECORDED})
    note_texts(context, TASKS, rows)
