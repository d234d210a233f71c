"""A team, its members and its tasks."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app.graph.context import Info
from app.graph.edges import key_of_row, needs, to_many, to_one
from app.graph.node import Deletable, Node
from app.graph.paging import Connection
from app.organizations.loaders import organization_by_id
from app.organizations.policies import can_read
from app.tasks.filter import TaskFilter, TaskOrder
from app.tasks.loaders import NEWEST_TASKS_FIRST, TASKS, tasks_by_team
from app.team_members.filter import TeamMemberFilter, TeamMemberOrder
from app.team_members.loaders import (
    OLDEST_TEAM_MEMBERS_FIRST,
    TEAM_MEMBERS,
    actor_roles_by_team,
    team_members_by_team,
)
from app.team_members.models import TeamRole
from app.team_members.types import TeamMember
from app.teams.loaders import TEAMS, team_by_id

if TYPE_CHECKING:
    from app.organizations.types import Organization
    from app.tasks.types import Task


@strawberry.type(description="A team of an organization.")
class Team(Node, Deletable):
    source = TEAMS
    by_key = team_by_id
    can_read = can_read

    organization: Annotated["Organization", strawberry.lazy("app.organizations.types")] = to_one(
        organization_by_id, "organization_id", description="The organization."
    )
    key: str = strawberry.field(
        description="What its tasks' keys begin with, unique in the organization: A-Z, then up to 11 of A-Z and 0-9."
    )
    name: str = strawberry.field(description="At most 100 characters.")
    description: str | None = strawberry.field(description="What it is for, at most 65,536 characters.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it last changed.")
    version: int = strawberry.field(description="Rises by one with every change.")

    @strawberry.field(description="What the viewer is in it; null where they are not a member.", metadata=needs())
    async def viewer_role(self, root: strawberry.Parent[Any], info: Info) -> TeamRole | None:
        role: TeamRole | None = await info.context.load(actor_roles_by_team, key_of_row(root, info))
        return role

    members: Connection[TeamMember] = to_many(
        team_members_by_team,
        TEAM_MEMBERS,
        order=OLDEST_TEAM_MEMBERS_FIRST,
        orders=TeamMemberOrder,
        filters=TeamMemberFilter,
        description="Its members, those who came first first unless `orderBy` says otherwise.",
    )
    tasks: Connection[Annotated["Task", strawberry.lazy("app.tasks.types")]] = to_many(
        tasks_by_team,
        TASKS,
        order=NEWEST_TASKS_FIRST,
        orders=TaskOrder,
        filters=TaskFilter,
        description="Its tasks, the newest first unless `orderBy` says otherwise.",
    )
