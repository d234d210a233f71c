"""A team, its members and its tasks."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar

import strawberry

from app.documents.filter import DOCUMENT_LIST
from app.documents.loaders import documents_by_team
from app.documents.policies import can_write_in
from app.events.filter import EVENT_LIST
from app.events.loaders import events_by_subject
from app.graph.connections import Connection
from app.graph.context import Context
from app.graph.edges import key_of_row, to_many, to_one
from app.graph.fields import Arguments, by_level
from app.graph.node import Node
from app.organizations.loaders import organization_by_id
from app.organizations.policies import can_read
from app.permissions.models import Permission
from app.settings.loaders import settings_of_team
from app.settings.types import EffectiveSettings, TeamSettings, of_teams
from app.tasks.filter import TASK_LIST
from app.tasks.loaders import tasks_by_team
from app.tasks.policies import can_work
from app.team_members.filter import TEAM_MEMBER_LIST
from app.team_members.loaders import (
    actor_roles_by_team,
    team_members_by_team,
)
from app.team_members.models import TeamRole
from app.team_members.types import TeamMember
from app.teams.loaders import TEAMS, team_by_id
from app.teams.policies import can_manage
from app.teams.rows import TeamRow
from app.trash.types import Deletable

if TYPE_CHECKING:
    from app.documents.types import Document
    from app.events.types import Event
    from app.organizations.types import Organization
    from app.tasks.types import Task


async def viewer_roles(context: Context, teams: Sequence[TeamRow], _arguments: Arguments) -> list[str | None]:
    """What the viewer is in each team."""
    return await context.load_many(actor_roles_by_team, [key_of_row(context, team) for team in teams])


@strawberry.type(description="A team of an organization.")
class Team(Node, Deletable):
    source = TEAMS
    by_key = team_by_id
    can_read = can_read
    can_restore = can_manage
    permissions: ClassVar = {
        Permission.UPDATE: can_manage,
        Permission.UPDATE_SETTINGS: can_manage,
        Permission.CREATE_TASK: can_work,
        Permission.CREATE_DOCUMENT: can_write_in,
        Permission.ADD_MEMBER: can_manage,
        Permission.DELETE: can_manage,
    }

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

    viewer_role: TeamRole | None = by_level(
        viewer_roles,
        needs=("organization_id", "id"),
        description="What the viewer is in it; null where they are not a member.",
    )
    settings: TeamSettings = to_one(settings_of_team, "id", description="What it has set for its members.")
    effective_settings: EffectiveSettings = by_level(
        of_teams, needs=("organization_id", "id"), description="What counts for it, with all that is above."
    )
    members: Connection[TeamMember] = to_many(
        team_members_by_team,
        TEAM_MEMBER_LIST,
        description="Its members, those who came first first unless `orderBy` says otherwise.",
    )
    tasks: Connection[Annotated["Task", strawberry.lazy("app.tasks.types")]] = to_many(
        tasks_by_team,
        TASK_LIST,
        description="Its tasks, the newest first unless `orderBy` says otherwise.",
    )
    documents: Connection[Annotated["Document", strawberry.lazy("app.documents.types")]] = to_many(
        documents_by_team,
        DOCUMENT_LIST,
        description="Its documents, the newest first unless `orderBy` says otherwise.",
    )
    events: Connection[Annotated["Event", strawberry.lazy("app.events.types")]] = to_many(
        events_by_subject,
        EVENT_LIST,
        description="What happened to the team itself, not to what is in it; the newest first.",
    )
