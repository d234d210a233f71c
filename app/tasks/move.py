"""Moving a task to another team: it gets a new number, and the key that it had still finds it."""

from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Text, Uuid, bindparam, cast, select, union_all
from sqlalchemy.dialects.postgresql import insert

from app.auth.guards import require, require_row
from app.db.columns import now, table_of
from app.db.statement import Clause, statement
from app.graph.context import Context
from app.graph.select import Key
from app.tasks.bulk import Item
from app.tasks.change import change
from app.tasks.loaders import TASKS
from app.tasks.models import FormerTaskKey
from app.tasks.number import take_numbers
from app.tasks.policies import can_work
from app.tasks.references import TeamOfActor, check_team, same_person_in, teams_by_id
from app.tasks.rows import TaskRow
from app.teams.loaders import TEAMS
from app.teams.models import FormerTeamKey
from app.writing.inputs import Checks
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
    target = _target(teams.get(team_id), task)
    require(can_work(context.actor, target, target.role))
    item = Item(Checks(), task)
    if target.id != source.id:
        item.values = await _place(context, task, target)
        await _keep_keys(context, task, source)
        await change(context, [item])
    return item


def _target(team: TeamOfActor | None, task: TaskRow) -> TeamOfActor:
    """`team`, unless it cannot be the task's: then it raises Rejected."""
    checks = Checks()
    found = team if team and team.organization_id == task.organization_id else None
    check_team(found, checks, "teamId")
    checks.done()
    return require_row(found, "team")


async def _place(context: Context, task: TaskRow, team: TeamOfActor) -> dict[str, Any]:
    """What is different of the task in that team."""
    key = Key(team.organization_id, team.id)
    numbers = await take_numbers(context, {key: 1})
    assignee_id = task.assignee_id and await same_person_in(context, team, task.assignee_id)
    values = {"team_id": team.id, "number": numbers[key], "assignee_id": assignee_id}
    return {name: value for name, value in values.items() if value != task[name]}


async def _keep_keys(context: Context, task: TaskRow, team: TeamOfActor) -> None:
    values = {"organization_id": task.organization_id, "team_id": team.id, "team_key": team.key, "moment": now()}
    await context.fetch(_keep(), {**values, "task_id": task.id, "number": task.number})


@statement
def _keep() -> Clause:
    """With the keys that the team had before. The task may have had the same key before: the newer time counts."""
    organization_id, team_key = bindparam("organization_id", type_=Uuid), bindparam("team_key", type_=Text)
    moment_type = former_keys.c.created_at.type
    now_called = select(cast(team_key, Text).label("key"), cast(bindparam("moment"), moment_type).label("created_at"))
    once_called = select(former_team_keys.c.key, former_team_keys.c.created_at).where(
        former_team_keys.c.organization_id == organization_id,
        former_team_keys.c.team_id == bindparam("team_id", type_=Uuid),
        former_team_keys.c.key != team_key,
    )
    called = union_all(now_called, once_called).subquery("called")
    kept = insert(former_keys).from_select(
        ["organization_id", "key", "task_id", "created_at"],
        select(
            cast(organization_id, Uuid),
            called.c.key + "-" + cast(cast(bindparam("number"), Integer), Text),
            cast(bindparam("task_id", type_=Uuid), Uuid),
            called.c.created_at,
        ),
    )
    return kept.on_conflict_do_update(
        index_elements=list(former_keys.primary_key),
        set_={"created_at": kept.excluded.created_at},
        where=former_keys.c.created_at < kept.excluded.created_at,
    )
