"""Finding tasks."""

from typing import Annotated

import strawberry
from strawberry import UNSET

from app.graph.context import Info
from app.graph.errors import BadUserInput, quoted
from app.graph.ids import parse_id
from app.organizations.policies import can_read
from app.organizations.search import searching
from app.ranking.connection import SearchConnection
from app.ranking.cursors import MOST_RESULTS
from app.tasks.filter import TaskFilter
from app.tasks.key import name_of
from app.tasks.loaders import TaskName, any_task, task_by_former_name, task_by_name
from app.tasks.search import search_tasks
from app.tasks.types import Task
from app.writing.mutation import object_of


@strawberry.input(description="What people call a task.")
class TaskKey:
    organization_slug: str = strawberry.field(description="The slug of its organization.")
    key: str = strawberry.field(description="Its key, as in ENG-42, now or before it moved to another team.")


@strawberry.input(one_of=True, description="What a task is found by: one of these.")
class TaskBy:
    id: strawberry.ID | None = strawberry.field(default=UNSET, description="Its id.")
    key: TaskKey | None = strawberry.field(default=UNSET, description="Its key.")
    former_key: TaskKey | None = strawberry.field(
        default=UNSET,
        description="A key that it had before it moved, its team was renamed or it was imported, also where another "
        "task has that key now.",
    )


@strawberry.type
class TaskQueries:
    @strawberry.field(
        description="A task of one of the viewer's organizations, deleted or not; null where there is none. Of "
        "several that have or had the key a live one is found, and of those the one that has it, or had it last."
    )
    async def task(
        self, info: Info, by: Annotated[TaskBy, strawberry.argument(description="Its id or its key.")]
    ) -> Task | None:
        actor = info.context.actor
        if by.key:
            row = await info.context.load(task_by_name, parse_name(by.key, "key"))
        elif by.former_key:
            row = await info.context.load(task_by_former_name, parse_name(by.former_key, "formerKey"))
        else:
            row = await info.context.load(any_task, parse_id(by.id or "", "by.id"))
        return object_of(row) if row is not None and can_read(actor, row) else None

    search_tasks: SearchConnection[Task] | None = searching(
        search_tasks,
        "tasks",
        TaskFilter,
        description=f"The tasks of an organization that a search finds, the best first, at most {MOST_RESULTS} in all. "
        "A key such as ENG-42 comes first, also one that it had before. Deleted tasks are not found.",
    )


def parse_name(given: TaskKey, argument: str) -> TaskName:
    """The parts of a key; raises BadUserInput."""
    name = name_of(given.organization_slug, given.key)
    if name is None:
        raise BadUserInput(f"`by.{argument}.key` is not a task's key, but {quoted(given.key)}: keys look like ENG-42.")
    return name
