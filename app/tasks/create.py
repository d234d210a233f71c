"""Creating tasks."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from app.db.row import new_id, now
from app.events.models import EventType
from app.events.record import record
from app.graph.context import Context
from app.graph.ids import parse_id
from app.graph.inputs import Checks
from app.graph.writes import UserErrorCode, rejected
from app.tasks.attempt import Attempt
from app.tasks.check import columns_of_new
from app.tasks.inputs import CreateTaskInput
from app.tasks.models import TaskStatus
from app.tasks.number import take_numbers
from app.tasks.policies import can_work
from app.tasks.refer import check_assignee, check_team, teams_by_id, teams_of_members
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
    members = await teams_of_members(context, [attempt.values.get("assignee_id") for attempt in attempts])
    for attempt in attempts:
        team: Any = teams.get(attempt.values["team_id"])
        if team is not None:
            attempt.verdict = can_work(context.actor, team, team.role)
            attempt.values["organization_id"] = team.organization_id
        if check_team(team, attempt.checks, "teamId"):
            check_assignee(attempt.values.get("assignee_id"), team.id, members, attempt.checks)
    return attempts


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
    amounts = Counter(attempt.values["team_id"] for attempt in attempts)
    numbers = await take_numbers(context, amounts)
    for attempt in attempts:
        team_id = attempt.values["team_id"]
        if team_id not in numbers:
            message = "The team has been deleted meanwhile."
            raise rejected(UserErrorCode.PARENT_DELETED, message, *attempt.checks.root, "teamId")
        attempt.values["number"] = numbers[team_id]
        numbers[team_id] += 1
    rows = await insert_tasks(context, [attempt.values for attempt in attempts])
    for attempt, row in zip(attempts, rows, strict=True):
        attempt.row = row
        record(context, EventType.CREATED, row, after={name: row[name] for name in RECORDED})
