"""A task."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, ClassVar

import strawberry

from app.due_windows.window import NEEDS, DueWindow, due_windows
from app.events.filter import EVENT_LIST
from app.events.loaders import events_by_subject
from app.graph.connections import Connection
from app.graph.context import Context
from app.graph.edges import to_many, to_one
from app.graph.fields import Arguments, argument, by_level
from app.graph.node import Node
from app.graph.paging import LARGEST_SIZE, size_of
from app.graph.select import Key
from app.organizations.loaders import organization_by_id
from app.organizations.policies import can_read
from app.permissions.models import Permission
from app.ranking.similar import Match
from app.tasks.loaders import TASKS, task_by_id
from app.tasks.models import TaskPriority, TaskStatus
from app.tasks.policies import can_work
from app.tasks.rows import TaskRow
from app.tasks.search import similar_tasks
from app.team_members.loaders import TEAM_MEMBERS, team_member_by_id
from app.team_members.types import TeamMember
from app.teams.loaders import TEAMS, team_by_id
from app.teams.types import Team
from app.trash.types import Deletable
from app.users.loaders import user_by_id
from app.users.types import User

if TYPE_CHECKING:
    from app.events.types import Event
    from app.organizations.types import Organization

SIMILAR = 5  # tasks, where a client does not say how many


async def similar_of_tasks(context: Context, tasks: Sequence[TaskRow], arguments: Arguments) -> list[list[Match]]:
    keys = [Key(task.organization_id, task.id) for task in tasks]
    return await context.load_many(similar_tasks, keys, size_of("first", arguments["first"]))


async def matched_tasks(context: Context, matches: Sequence[Match], _: Arguments) -> list[TaskRow | None]:
    return await context.load_many(task_by_id, [Key(match.organization_id, match.id) for match in matches])


@strawberry.type(description="A piece of a team's work.")
class Task(Node, Deletable):
    source = TASKS
    by_key = task_by_id
    can_read = can_read
    can_restore = can_work
    permissions: ClassVar = {Permission.UPDATE: can_work, Permission.MOVE: can_work, Permission.DELETE: can_work}

    key: str = strawberry.field(description="What people call it: the team's key and its number, as in ENG-42.")
    number: int = strawberry.field(description="Counts the team's tasks, from 1 on.")
    title: str = strawberry.field(description="1 to 200 characters.")
    description: str | None = strawberry.field(description="At most 65,536 characters, Markdown by custom.")
    status: TaskStatus = strawberry.field(description="How far it is.")
    completed: bool = strawberry.field(description="Whether its status is DONE.")
    completed_at: datetime | None = strawberry.field(description="When its status became DONE.")
    priority: TaskPriority = strawberry.field(description="How urgent it is.")
    estimate: float | None = strawberry.field(description="How much work it is, in whatever the team counts in.")
    due_date: date | None = strawberry.field(description="The day it is due.")
    due_window: DueWindow | None = by_level(
        due_windows,
        needs=NEEDS,
        description="How near that day is, in the time zone and the weeks that count for the viewer in its team; null "
        "where it has none, and where the task is DONE or CANCELED.",
    )
    tags: list[str] = strawberry.field(description="At most 20, of at most 50 characters each.")
    organization: Annotated["Organization", strawberry.lazy("app.organizations.types")] = to_one(
        organization_by_id, "organization_id", description="The organization."
    )
    team: Team = to_one(team_by_id, "team_id", surely=TEAMS, description="The team whose task it is.")
    assignee: TeamMember | None = to_one(
        team_member_by_id,
        "assignee_id",
        surely=TEAM_MEMBERS,
        description="Who works on it; still shown after they left the team.",
    )
    creator: User | None = to_one(
        user_by_id, "creator_id", description="Who made it; null where an API key did, which the first event says."
    )
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it last changed.")
    version: int = strawberry.field(description="Rises by one with every change.")
    events: Connection[Annotated["Event", strawberry.lazy("app.events.types")]] = to_many(
        events_by_subject,
        EVENT_LIST,
        description="What happened to it, the newest first.",
    )
    similar: list["TaskMatch"] = by_level(
        similar_of_tasks,
        needs=("organization_id", "id"),
        arguments=[argument("first", int, f"How many, at most {LARGEST_SIZE}.", SIMILAR)],
        description="Other tasks of the organization that mean much the same, the likest first: a near duplicate is "
        "above 0.9, and what has nothing to do with the task is not listed. Empty until the task has been read for its "
        "meaning, a moment after it was written. Counts as 50 objects.",
    )


@strawberry.type(description="A task that is like another.")
class TaskMatch:
    task: Task = by_level(matched_tasks, description="The task.")
    similarity: float = strawberry.field(description="How like it is, from 0 to 1.")
