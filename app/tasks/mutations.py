"""Creating, changing, moving, deleting and restoring tasks."""

from collections.abc import Sequence
from typing import Annotated

import strawberry
from strawberry import UNSET

from app.auth.guards import require
from app.graph.context import Context, Info
from app.graph.ids import parse_id
from app.graph.select import Key
from app.tasks.bulk import (
    Item,
    admitted,
    check_verdicts,
    items_to_delete,
    locked_item,
    locked_items,
    mistakes,
    require_few,
)
from app.tasks.change import change, plan_changes
from app.tasks.check import wanted
from app.tasks.create import create, new_items
from app.tasks.inputs import BulkErrorPolicy, CreateTaskInput, UpdateTaskInput
from app.tasks.loaders import TASKS, task_by_id
from app.tasks.move import move, move_all
from app.tasks.payloads import TaskResult, TasksPayload
from app.tasks.policies import can_work
from app.tasks.restore import check_teams
from app.tasks.rows import TaskRow
from app.tasks.types import Task
from app.team_members.lock import row_to_delete
from app.trash.delete import delete_rows
from app.trash.restore import restore_rows
from app.trash.types import DeletePayload
from app.writing.inputs import Checks
from app.writing.mutation import Payload, mutation, object_of
from app.writing.rows import ExpectedVersion, require_version

TaskId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The id of the task.")]
TaskIds = Annotated[
    list[strawberry.ID],
    strawberry.argument(name="ids", description="The ids of the tasks, at most 100, each once."),
]
OnError = Annotated[
    BulkErrorPolicy, strawberry.argument(description="What becomes of the good ones when others have mistakes.")
]

WORKERS_ONLY = " FORBIDDEN to those who neither work in its team nor administer the organization."


@strawberry.type
class TaskMutations:
    @mutation(description="Makes a task, with its team's next number." + WORKERS_ONLY, scope="WRITE_TASKS")
    async def create_task(
        self,
        info: Info,
        given: Annotated[CreateTaskInput, strawberry.argument(name="input", description="What it will be.")],
    ) -> Payload[Task]:
        (item,) = await new_items(info.context, [given], [Checks("input")])
        require(item.verdict)
        item.checks.done()
        await create(info.context, [item])
        return await _payload(info.context, item)

    @mutation(
        description="Changes a task. Where nothing is to be different, nothing happens and its version stays."
        + WORKERS_ONLY,
        scope="WRITE_TASKS",
    )
    async def update_task(
        self,
        info: Info,
        task_id: TaskId,
        given: Annotated[UpdateTaskInput, strawberry.argument(name="input", description="What is to be different.")],
        expected_version: ExpectedVersion = UNSET,
    ) -> Payload[Task]:
        checks = Checks("input")
        changes = wanted(given, checks)
        item = await locked_item(info.context, task_id, checks, *changes.texts)
        if expected_version not in (None, UNSET, item.row.version):
            require_version(item.row, expected_version, shown=await _task(info.context, item))
        await plan_changes(info.context, [item], changes)
        checks.done()
        await change(info.context, [item])
        return await _payload(info.context, item)

    @mutation(
        description="Moves a task to another team of its organization. It gets that team's next number, and its old "
        "key still finds it. Its assignee stays if the same person is in that team too; otherwise it has none. "
        "FORBIDDEN to those who do not work in both teams and do not administer the organization.",
        scope="WRITE_TASKS",
    )
    async def move_task(
        self,
        info: Info,
        task_id: TaskId,
        team_id: Annotated[
            strawberry.ID, strawberry.argument(description="The id of the team; where it is there already, it stays.")
        ],
    ) -> Payload[Task]:
        item = await move(info.context, parse_id(task_id, "id"), parse_id(team_id, "teamId"))
        return await _payload(info.context, item)

    @mutation(
        description="Moves up to 100 tasks at once to another team of their organization, as `moveTask` does, numbered "
        "in the order of `ids`; all of them or none. FORBIDDEN to those who do not work in that team and do not "
        "administer the organization.",
        scope="WRITE_TASKS",
    )
    async def move_tasks(
        self,
        info: Info,
        task_ids: TaskIds,
        team_id: Annotated[
            strawberry.ID, strawberry.argument(description="The id of the team; those that are there already stay.")
        ],
    ) -> TasksPayload:
        items = await move_all(info.context, task_ids, parse_id(team_id, "teamId"))
        return await _tasks_payload(info.context, items, admitted(items, BulkErrorPolicy.ROLLBACK))

    @mutation(
        description="Deletes a task. It can be restored until its deletion is purged." + WORKERS_ONLY,
        scope="WRITE_TASKS",
    )
    async def delete_task(self, info: Info, task_id: TaskId) -> DeletePayload:
        row, role = await row_to_delete(info.context, TASKS, task_id, "task")
        require(can_work(info.context.actor, row, role))
        return DeletePayload.of(await delete_rows(info.context, TASKS, [row]), [row])

    @mutation(
        description="Restores a deleted task. PARENT_DELETED while its team is deleted." + WORKERS_ONLY,
        scope="WRITE_TASKS",
    )
    async def restore_task(self, info: Info, task_id: TaskId) -> Payload[Task]:
        item = await locked_item(info.context, task_id, Checks(), deleted=True)
        await restore_rows(info.context, TASKS, [item.row])
        return await _payload(info.context, item)

    @mutation(
        description="Makes up to 100 tasks at once, in any teams, numbered in the order of `inputs`.",
        scope="WRITE_TASKS",
    )
    async def create_tasks(
        self,
        info: Info,
        inputs: Annotated[
            list[CreateTaskInput], strawberry.argument(description="What they will be, at most 100 of them.")
        ],
        on_error: OnError = BulkErrorPolicy.ROLLBACK,
    ) -> TasksPayload:
        require_few(inputs, "inputs")
        checks = [Checks("inputs", str(place)) for place in range(len(inputs))]
        items = await new_items(info.context, inputs, checks)
        check_verdicts(items, "teamId")
        good = admitted(items, on_error)
        await create(info.context, good)
        return await _tasks_payload(info.context, items, good)

    @mutation(description="Changes up to 100 tasks at once, all in the same way.", scope="WRITE_TASKS")
    async def update_tasks(
        self,
        info: Info,
        task_ids: TaskIds,
        given: Annotated[
            UpdateTaskInput, strawberry.argument(name="input", description="What is to be different of each.")
        ],
        on_error: OnError = BulkErrorPolicy.ROLLBACK,
    ) -> TasksPayload:
        checks = Checks("input")
        changes = wanted(given, checks)
        checks.done()
        items = await locked_items(info.context, task_ids, *changes.texts)
        await plan_changes(info.context, items, changes)
        good = admitted(items, on_error)
        await change(info.context, good)
        return await _tasks_payload(info.context, items, good)

    @mutation(
        description="Deletes up to 100 tasks of an organization as one deletion; all of them or none. Those that are "
        "deleted already stay in the deletion that they are in.",
        scope="WRITE_TASKS",
    )
    async def delete_tasks(self, info: Info, task_ids: TaskIds) -> DeletePayload:
        items = await items_to_delete(info.context, task_ids)
        rows = [item.row for item in admitted(items, BulkErrorPolicy.ROLLBACK)]
        if not rows:
            return DeletePayload(user_errors=mistakes(items))
        return DeletePayload.of(await delete_rows(info.context, TASKS, rows), rows)

    @mutation(
        description="Restores up to 100 deleted tasks at once, whichever deletions they are in; all or none.",
        scope="WRITE_TASKS",
    )
    async def restore_tasks(self, info: Info, task_ids: TaskIds) -> TasksPayload:
        items = await locked_items(info.context, task_ids, deleted=True)
        await check_teams(info.context, items)
        good = admitted(items, BulkErrorPolicy.ROLLBACK)
        if good:
            await restore_rows(info.context, TASKS, [item.row for item in good])
        return await _tasks_payload(info.context, items, good)


async def _task(context: Context, item: Item) -> TaskRow | None:
    return await context.reload(task_by_id, Key(item.row.organization_id, item.row.id))


async def _payload(context: Context, item: Item) -> Payload[Task]:
    return Payload.of(await _task(context, item))


async def _tasks_payload(context: Context, items: Sequence[Item], written: Sequence[Item]) -> TasksPayload:
    """Each item with its own mistakes, and with its task where it was written."""
    context.batches.clear()
    keys = [Key(item.row.organization_id, item.row.id) for item in written]
    tasks = dict(zip(map(id, written), await context.load_many(task_by_id, keys), strict=True))
    results = [
        TaskResult(index=place, task=object_of(tasks.get(id(item))), user_errors=item.checks.errors)
        for place, item in enumerate(items)
    ]
    return TasksPayload(results=results, user_errors=[] if written else mistakes(items))
