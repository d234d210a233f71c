"""What mutations of tasks answer."""

import strawberry

from app.tasks.types import Task
from app.writing.mutation import UserError


@strawberry.type(description="What became of one item of a bulk.")
class TaskResult:
    index: int = strawberry.field(description="The item's place in the argument, from 0 on.")
    task: Task | None = strawberry.field(description="The task as it is now; null where it was not written.")
    user_errors: list[UserError] = strawberry.field(description="What is wrong with this item.")


@strawberry.type(description="What became of a bulk.")
class TasksPayload:
    results: list[TaskResult] = strawberry.field(
        default_factory=list,
        description="One for each item, in the order of the argument; empty where the bulk as a whole was refused.",
    )
    user_errors: list[UserError] = strawberry.field(
        default_factory=list,
        description="Why nothing was written: what is wrong with the bulk as a whole, or with any of its items "
        "where it is all or nothing. Empty where something was written.",
    )
