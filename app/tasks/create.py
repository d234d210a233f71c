"""Creating tasks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from app.db.columns import new_id, now
from app.events.models import EventType
from app.events.record import record
from app.graph.context import Context
from app.graph.ids import parse_id
from app.graph.inputs import Checks
from app.graph.mutation import UserErrorCode, rejected
from app.graph.select import Key
from app.indexing.enqueue import note_texts
from app.settings.resolve import actor_settings
from app.tasks.attempt import Attempt
from app.tasks.check import columns_of_new
from app.tasks.inputs import CreateTaskInput
from app.tasks.models import TaskStatus
from app.tasks.number import take_numbers
from app.tasks.policies import can_work
from app.tasks.references import Assignee, check_assignee, check_team, live_assignees, teams_by_id
from app.tasks.searchable import TASKS
from app.tasks.write import insert_tasks

RECORDED = (
    *("team_id", "number", "title", "description", "status", "priority", "estimate", "due_date", "tags"),
    *("assignee_id", "completed_at"),
)


async def attempts_to_create(
    context: Context, inputs: Sequence[CreateTaskInput], checks: Sequence[Checks]
) -> list[Attempt]:
    """An attempt for each input, whose mistakes are noted in `checks`; nothing is locked or written yet."""
    attempts = [_attempt(context, *one) for one in zip(inputs, checks, strict=True)]
    teams = await teams_by_id(context, [attempt.values["team_id"] for attempt in attempts])
    for attempt in attempts:
        team: Any = teams.get(attempt.values["team_id"])
        if check_team(team, attempt.checks, "teamId"):
            attempt.verdict = can_work(context.actor, team, team.role)
            attempt.values["organization_id"] = team.organization_id
    placed = [attempt for attempt in attempts if "organization_id" in attempt.values]
    await _check_assignees(context, placed)
    await _set_priorities(context, [attempt for attempt in placed if "priority" not in attempt.values])
    return attempts


async def _set_priorities(context: Context, attempts: Sequence[Attempt]) -> None:
    teams = [Key(attempt.values["organization_id"], attempt.values["team_id"]) for attempt in attempts]
    for attempt, settings in zip(attempts, await context.load_many(actor_settings, teams), strict=True):
        attempt.values["priority"] = settings.default_task_priority.value


async def _check_assignees(context: Context, attempts: Sequence[Attempt]) -> None:
    assignees = [_assignee(attempt.values) for attempt in attempts]
    live = await live_assignees(context, filter(None, assignees))
    for attempt, assignee in zip(attempts, assignees, strict=True):
        check_assignee(assignee, live, attempt.checks)


def _assignee(values: Mapping[str, Any]) -> Assignee | None:
    assignee_id = values.get("assignee_id")
    return Assignee(values["organization_id"], values["team_id"], assignee_id) if assignee_id else None


def _attempt(context: Context, given: CreateTaskInput, checks: Checks) -> Attempt:
    team_id = parse_id(given.team_id, ".".join([*checks.root, "teamId"]))
    values = {"id": new_id(), "team_id": team_id, "creator_id": context.actor.user_id, **columns_of_new(given, checks)}
    if given.status is TaskStatus.DONE:
        values["completed_at"] = now()
    return Attempt(checks, values=values)


async def create(context: Context, attempts: Sequence[Attempt]) -> None:
    """Makes the tasks, numbered in the order of `attempts`, which have no mistakes."""
    if not attempts:
        return
    teams = [Key(attempt.values["organization_id"], attempt.values["team_id"]) for attempt in attempts]
    numbers = await take_numbers(context, Counter(teams))
    for attempt, team in zip(attempts, teams, strict=True):
        if team not in numbers:
            message = "The team has been deleted meanwhile."
            raise rejected(UserErrorCode.PARENT_DELETED, message, *attempt.checks.root, "teamId")
        attempt.values["number"] = numbers[team]
        numbers[team] += 1
    rows = await insert_tasks(context, [attempt.values for attempt in attempts])
    for attempt, row in zip(attempts, rows, strict=True):
        attempt.row = row
        record(context, EventType.CREATED, row, after={name: row[name] for name in RECORDED})
    note_texts(context, TASKS, rows)
