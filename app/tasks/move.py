"""Moving tasks to another team: they get new numbers, and the keys that they had still find them."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Text, Uuid, bindparam, cast, func, select, union_all
from sqlalchemy.dialects.postgresql import insert

from app.auth.guards import require, require_row
from app.db.columns import now, table_of
from app.db.statement import Clause, statement
from app.graph.context import Context
from app.graph.select import Key
from app.tasks.bulk import Item, admitted, check_verdicts, judged, mistakes, parsed
from app.tasks.change import change
from app.tasks.inputs import BulkErrorPolicy
from app.tasks.loaders import TASKS
from app.tasks.models import FormerTaskKey
from app.tasks.number import take_numbers
from app.tasks.policies import can_work
from app.tasks.references import TeamOfActor, check_team, same_people_in, teams_by_id
from app.tasks.rows import TaskRow
from app.teams.loaders import TEAMS
from app.teams.models import FormerTeamKey
from app.writing.inputs import Checks
from app.writing.mutation import Rejected, UserErrorCode
from app.writing.rows import rows_for_update

former_keys = table_of(FormerTaskKey)
former_team_keys = table_of(FormerTeamKey)


async def move(context: Context, task_id: UUID, team_id: UUID) -> Item:
    """Moves the task to the team with that id, unless it is there; raises Rejected where it cannot be there.

    The team is locked before the task, as a delete of everything above them does it: so neither waits for the other.
    """
    await rows_for_update(context, TEAMS, [team_id])
    task = require_row((await rows_for_update(context, TASKS, [task_id]))[0], "task")
    teams = await teams_by_id(context, [task.team_id, team_id])
    source = teams[task.team_id]
    require(can_work(context.actor, source, source.role))
    item, team = Item(Checks(), task), teams.get(team_id)
    found = team if team and team.organization_id == task.organization_id else None
    check_team(found, item.checks, "teamId")
    target = item.checks.passed(found)
    require(can_work(context.actor, target, target.role))
    await _move(context, [item], target, teams)
    return item


async def move_all(context: Context, task_ids: Sequence[str], team_id: UUID) -> list[Item]:
    """The same of many tasks, numbered in this order; none moves where one has a mistake, which is noted as its item's.

    Raises Rejected where they are too many, or the team is not there.
    """
    ids = parsed(task_ids)
    await rows_for_update(context, TEAMS, [team_id])
    tasks = await rows_for_update(context, TASKS, ids)
    teams = await teams_by_id(context, [team_id, *(task.team_id for task in tasks if task)])
    items = judged(context, ids, [(task, teams[task.team_id].role if task else None) for task in tasks], "task")
    found, checks = teams.get(team_id), Checks()
    if check_team(found, checks, "teamId") and (team := found):
        check_verdicts([Item(checks, verdict=can_work(context.actor, team, team.role))], "teamId")
    if checks.errors:
        raise Rejected(*mistakes(items), *checks.errors)
    team = checks.passed(found)
    for item in items:
        if item.found is not None and item.found.organization_id != team.organization_id:
            item.checks.wrong(UserErrorCode.NOT_FOUND, "There is no such team in its organization.")
    await _move(context, admitted(items, BulkErrorPolicy.ROLLBACK), team, teams)
    return items


async def _move(context: Context, items: Sequence[Item], team: TeamOfActor, teams: Mapping[UUID, TeamOfActor]) -> None:
    """`teams` are those that the tasks are in."""
    moving = [item for item in items if item.row.team_id != team.id]
    if not moving:
        return
    key = Key(team.organization_id, team.id)
    numbers = await take_numbers(context, {key: len(moving)})
    people = await same_people_in(context, team, [item.row.assignee_id for item in moving if item.row.assignee_id])
    for number, item in enumerate(moving, numbers[key]):
        assignee_id = people.get(item.row.assignee_id) if item.row.assignee_id else None
        values = {"team_id": team.id, "number": number, "assignee_id": assignee_id}
        item.values = {name: value for name, value in values.items() if value != item.row[name]}
    await _keep_keys(context, [item.row for item in moving], teams)
    await change(context, moving)


async def _keep_keys(context: Context, tasks: Sequence[TaskRow], teams: Mapping[UUID, TeamOfActor]) -> None:
    values = {
        "organization_id": tasks[0].organization_id,
        "moment": now(),
        "task_ids": [task.id for task in tasks],
        "numbers": [task.number for task in tasks],
        "team_ids": [task.team_id for task in tasks],
        "team_keys": [teams[task.team_id].key for task in tasks],
    }
    await context.fetch(_keep(), values)


@statement
def _keep() -> Clause:
    """With the keys that their teams had before. A task may have had the same key before: the newer time counts."""
    organization_id = bindparam("organization_id", type_=Uuid)
    moved = (
        func.unnest(
            bindparam("task_ids", type_=ARRAY(Uuid)),
            bindparam("numbers", type_=ARRAY(Integer)),
            bindparam("team_ids", type_=ARRAY(Uuid)),
            bindparam("team_keys", type_=ARRAY(Text)),
        )
        .table_valued("task_id", "number", "team_id", "team_key")
        .render_derived("moved")
    )
    moment = cast(bindparam("moment"), former_keys.c.created_at.type)
    now_called = select(moved.c.task_id, moved.c.number, moved.c.team_key.label("key"), moment.label("created_at"))
    once_called = (
        select(moved.c.task_id, moved.c.number, former_team_keys.c.key, former_team_keys.c.created_at)
        .join(former_team_keys, former_team_keys.c.team_id == moved.c.team_id)
        .where(former_team_keys.c.organization_id == organization_id, former_team_keys.c.key != moved.c.team_key)
    )
    called = union_all(now_called, once_called).subquery("called")
    kept = insert(former_keys).from_select(
        ["organization_id", "key", "task_id", "created_at"],
        select(
            cast(organization_id, Uuid),
            called.c.key + "-" + cast(called.c.number, Text),
            called.c.task_id,
            called.c.created_at,
        ),
    )
    return kept.on_conflict_do_update(
        index_elements=list(former_keys.primary_key),
        set_={"created_at": kept.excluded.created_at},
        where=former_keys.c.created_at < kept.excluded.created_at,
    )
