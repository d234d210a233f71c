"""Inputs that choose and sort tasks."""

from enum import Enum
from typing import Any, ClassVar

import strawberry
from strawberry import UNSET

from app.db.source import Source
from app.due_windows.choose import due_in
from app.due_windows.window import DueWindow
from app.filters.comparators import (
    ALL_HOLD,
    Comparator,
    DateComparator,
    DateTimeComparator,
    FloatComparator,
    IDComparator,
    IntComparator,
    StringComparator,
    TagsComparator,
    comparator,
)
from app.filters.filters import Conditions, Relation
from app.graph.conditions import Condition, Values, all_of
from app.graph.edges import ListOf
from app.graph.filter_path import FilterPath
from app.graph.paging import Order, OrderDirection
from app.organizations.filter import OrganizationFilter
from app.organizations.loaders import ORGANIZATIONS
from app.tasks.key import numbered
from app.tasks.loaders import TASKS
from app.tasks.models import TaskPriority, TaskStatus
from app.tasks.titled import titled
from app.team_members.filter import TeamMemberFilter
from app.team_members.loaders import TEAM_MEMBERS
from app.teams.filter import TeamFilter
from app.teams.loaders import TEAMS
from app.users.filter import UserFilter
from app.users.loaders import USERS, acquainted

LOOK_UPS = {"key": numbered, "title": titled}  # what else an index says of a text that is given as a whole


@strawberry.input(description="Conditions on a task; " + ALL_HOLD)
class TaskFilter(Conditions):
    relations: ClassVar = {
        "assignee": Relation(TEAM_MEMBERS, "assignee_id"),
        "team": Relation(TEAMS, "team_id"),
        "organization": Relation(ORGANIZATIONS, "organization_id"),
        "creator": Relation(USERS, "creator_id", acquainted),
    }

    id: IDComparator | None = comparator("Its id.")
    key: StringComparator | None = comparator(
        "Its key, as in ENG-42; keys that it had before are found by `task(by: …)`."
    )
    number: IntComparator | None = comparator("The number in its key.")
    title: StringComparator | None = comparator("Its title.")
    description: StringComparator | None = comparator("What it is about.")
    status: Comparator[TaskStatus] | None = comparator("How far it is.")
    priority: Comparator[TaskPriority] | None = comparator("How urgent it is.")
    completed: bool | None = comparator("Whether its status is DONE.")
    completed_at: DateTimeComparator | None = comparator("When its status became DONE.")
    due_date: DateComparator | None = comparator("When it is due.")
    due_window: Comparator[DueWindow] | None = comparator(
        "How near that day is, as its `dueWindow` says for the viewer; what has none counts as not equal. "
        "At most five of these in a request."
    )
    created_at: DateTimeComparator | None = comparator("When it was made.")
    updated_at: DateTimeComparator | None = comparator("When it last changed.")
    deleted_at: DateTimeComparator | None = comparator("When it was deleted, where the list holds deleted ones.")
    estimate: FloatComparator | None = comparator("How much work it is.")
    tags: TagsComparator | None = comparator("Its tags.")
    assignee: TeamMemberFilter | None = comparator(
        "Who works on it; a task without an assignee never passes: `not: {assignee: {}}` finds those."
    )
    team: TeamFilter | None = comparator("Its team.")
    organization: OrganizationFilter | None = comparator("Its organization.")
    creator: UserFilter | None = comparator("Who made it; a task without a creator never passes.")
    and_: list["TaskFilter"] | None = comparator("All of these hold, at most 100.", "and")
    or_: list["TaskFilter"] | None = comparator("At least one of these holds, at most 100.", "or")
    not_: "TaskFilter | None" = comparator("This does not hold.", "not")

    def _one(self, source: Source, name: str, value: Any, path: FilterPath, values: Values) -> Condition:
        if name == "due_window":
            return due_in(value, path, values)
        found = super()._one(source, name, value, path, values)
        if name not in LOOK_UPS:
            return found
        wanted = [value.eq] if isinstance(value.eq, str) else value.in_
        return all_of(found, LOOK_UPS[name](wanted, values)) if isinstance(wanted, list) else found


@strawberry.enum(description="What tasks can be sorted by, and what comes first where `direction` is left out.")
class TaskOrderField(Enum):
    CREATED_AT = strawberry.enum_value("created_at", description="When they were made: DESC, the newest first.")
    UPDATED_AT = strawberry.enum_value(
        "updated_at", description="When they last changed: DESC, the last changed first."
    )
    DUE_DATE = strawberry.enum_value(
        "due_rank", description="When they are due: ASC, the next due first. No date is last in both directions."
    )
    PRIORITY = strawberry.enum_value(
        "priority_rank", description="URGENT, HIGH, MEDIUM, LOW, NONE: ASC, the most urgent first."
    )
    STATUS = strawberry.enum_value(
        "status_rank", description="BACKLOG, TODO, IN_PROGRESS, IN_REVIEW, DONE, CANCELED: ASC, as work goes on."
    )
    TITLE = strawberry.enum_value("title", description="Their titles: ASC.")
    NUMBER = strawberry.enum_value("number", description="The numbers in their keys: ASC.")


@strawberry.input(
    description="How tasks are sorted; equal ones by id. By PRIORITY and DUE_DATE, both ASC, lists are of any length."
)
class TaskOrder:
    field: TaskOrderField = strawberry.field(description="What they are sorted by.")
    direction: OrderDirection | None = strawberry.field(
        default=UNSET,
        description="Which end comes first; left out, what people want first: DESC for CREATED_AT and UPDATED_AT, the "
        "newest, and ASC for the others: the most urgent, the next due, the smallest number.",
    )
    usually_descending: ClassVar = {TaskOrderField.CREATED_AT, TaskOrderField.UPDATED_AT}


TASK_LIST = ListOf(
    TASKS,
    Order("created_at", descending=True),
    TaskOrder,
    TaskFilter,
    indexed={(Order("priority_rank", descending=False), Order("due_rank", descending=False))},
    backwards={"due_rank": "latest_due"},
)
