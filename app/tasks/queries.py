"""Finding tasks."""

import re
from typing import Annotated, Any

import strawberry
from strawberry import UNSET

from app.graph.context import Info
from app.graph.errors import BadUserInput
from app.graph.ids import parse_id
from app.organizations.policies import can_read
from app.tasks.loaders import TaskName, live_task, task_by_name
from app.tasks.types import Task

KEY = re.compile(r"([A-Z][A-Z0-9]{0,11})-([0-9]{1,10})", re.ASCII | re.IGNORECASE)
LARGEST_NUMBER = 2**31 - 1


@strawberry.input(description="What people call a task.")
class TaskKey:
    organization_slug: str = strawberry.field(description="The slug of its organization.")
    key: str = strawberry.field(description="Its key, as in ENG-42, now or before it moved to another team.")


@strawberry.input(one_of=True, description="What a task is found by: one of these.")
class TaskBy:
    id: strawberry.ID | None = strawberry.field(default=UNSET, description="Its id.")
    key: TaskKey | None = strawberry.field(default=UNSET, description="Its key.")


@strawberry.type
class TaskQueries:
    @strawberry.field(description="A task of one of the viewer's organizations; null where there is none.")
    async def task(
        self, info: Info, by: Annotated[TaskBy, strawberry.argument(description="Its id or its key.")]
    ) -> Task | None:
        actor = info.context.actor
        row: Any
        if by.key:
            row = await info.context.load(task_by_name, parse_name(by.key))
        else:
            row = await info.context.load(live_task, parse_id(by.id or "", "by.id"))
        return row if row is not None and can_read(actor, row) else None


def parse_name(given: TaskKey) -> TaskName:
    """The parts of a key; raises BadUserInput."""
    match = KEY.fullmatch(given.key)
    if match is None or int(match[2]) > LARGEST_NUMBER:
        raise BadUserInput("`by.key.key` is not a task's key: keys look like ENG-42.")
    return TaskName(given.organization_slug, match[1].upper(), int(match[2]))
