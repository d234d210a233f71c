"""Inputs of the mutations of tasks."""

from datetime import date
from enum import Enum

import strawberry
from strawberry import UNSET

from app.tasks.models import TaskPriority, TaskStatus

MOST_ITEMS = 100  # of a bulk: their rows stay locked until all are written


@strawberry.enum(description="What becomes of the good items of a bulk when others have mistakes.")
class BulkErrorPolicy(Enum):
    ROLLBACK = strawberry.enum_value("ROLLBACK", description="Nothing is written.")
    SKIP = strawberry.enum_value("SKIP", description="The good ones are written.")


@strawberry.input(description="A task to be made.")
class CreateTaskInput:
    team_id: strawberry.ID = strawberry.field(description="The team whose task it will be.")
    title: str = strawberry.field(description="1 to 200 characters, white space around it not counted.")
    description: str | None = strawberry.field(default=UNSET, description="At most 65,536 characters.")
    status: TaskStatus = strawberry.field(default=TaskStatus.TODO, description="How far it is.")
    priority: TaskPriority | None = strawberry.field(
        default=UNSET,
        description="How urgent it is; left out, what `defaultTaskPriority` says for the viewer in the team.",
    )
    estimate: float | None = strawberry.field(
        default=UNSET, description="How much work it is, from 0 to 1,000,000, in whatever the team counts in."
    )
    due_date: date | None = strawberry.field(
        default=UNSET, description="The day it is due, from 0001-01-02 to 9999-12-30."
    )
    tags: list[str] = strawberry.field(
        default_factory=list, description="At most 20, of 1 to 50 characters each. Duplicates are dropped."
    )
    assignee_id: strawberry.ID | None = strawberry.field(
        default=UNSET,
        description="Who works on it: the id of a member of its team (a `TeamMember`), or of that person as an "
        "`OrganizationMember` or `User`.",
    )


@strawberry.input(description="Changes of a task: what is left out stays as it is, `null` clears.")
class UpdateTaskInput:
    title: str | None = strawberry.field(
        default=UNSET, description="1 to 200 characters, white space around it not counted; cannot be cleared."
    )
    description: str | None = strawberry.field(default=UNSET, description="At most 65,536 characters.")
    status: TaskStatus | None = strawberry.field(
        default=UNSET, description="How far it is; cannot be cleared. DONE sets `completedAt`, leaving DONE clears it."
    )
    priority: TaskPriority | None = strawberry.field(
        default=UNSET, description="How urgent it is; cannot be cleared, but set to NONE."
    )
    estimate: float | None = strawberry.field(
        default=UNSET, description="How much work it is, from 0 to 1,000,000, in whatever the team counts in."
    )
    due_date: date | None = strawberry.field(
        default=UNSET, description="The day it is due, from 0001-01-02 to 9999-12-30."
    )
    tags: list[str] | None = strawberry.field(
        default=UNSET,
        description="In place of those it has: at most 20, of 1 to 50 characters each; `[]` leaves none. "
        "Not together with `addTags` and `removeTags`.",
    )
    add_tags: list[str] | None = strawberry.field(
        default=UNSET, description="Added behind those it has, after `removeTags` was done; it has at most 20 then."
    )
    remove_tags: list[str] | None = strawberry.field(
        default=UNSET, description="Taken from those it has; those it does not have are passed over."
    )
    assignee_id: strawberry.ID | None = strawberry.field(
        default=UNSET,
        description="Who works on it: the id of a member of its team (a `TeamMember`), or of that person as an "
        "`OrganizationMember` or `User`.",
    )
