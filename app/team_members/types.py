"""A membership in a team."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar

import strawberry

from app.events.filter import EVENT_LIST
from app.events.loaders import events_by_subject
from app.graph.connections import Connection
from app.graph.edges import to_many, to_one
from app.graph.fields import by_level
from app.graph.node import Node
from app.members.loaders import ORGANIZATION_MEMBERS, member_by_id
from app.members.types import OrganizationMember
from app.organizations.policies import can_read
from app.permissions.models import Permission
from app.settings.loaders import settings_of_team_member
from app.settings.policies import can_choose
from app.settings.types import EffectiveSettings, TeamMemberSettings, of_team_members
from app.tasks.filter import TASK_LIST
from app.tasks.loaders import tasks_by_assignee
from app.team_members.loaders import TEAM_MEMBERS, team_member_by_id
from app.team_members.models import TeamRole
from app.team_members.policies import can_remove
from app.teams.loaders import TEAMS, team_by_id
from app.teams.policies import can_manage
from app.trash.types import Deletable
from app.users.loaders import user_by_team_member
from app.users.types import User

if TYPE_CHECKING:
    from app.events.types import Event
    from app.tasks.types import Task
    from app.teams.types import Team


@strawberry.type(description="A member of an organization in one of its teams. Tasks are assigned to these.")
class TeamMember(Node, Deletable):
    source = TEAM_MEMBERS
    by_key = team_member_by_id
    can_read = can_read
    can_restore = can_manage
    permissions: ClassVar = {
        Permission.UPDATE: can_manage,
        Permission.UPDATE_SETTINGS: can_choose,
        Permission.DELETE: can_remove,
    }

    team: Annotated["Team", strawberry.lazy("app.teams.types")] = to_one(
        team_by_id, "team_id", surely=TEAMS, description="The team."
    )
    organization_member: OrganizationMember = to_one(
        member_by_id,
        "organization_member_id",
        surely=ORGANIZATION_MEMBERS,
        description="Their membership in the organization.",
    )
    user: User = to_one(user_by_team_member, "id", description="The person.")
    role: TeamRole = strawberry.field(description="What they are in the team.")
    settings: TeamMemberSettings = to_one(
        settings_of_team_member, "id", description="What they have set for themselves in the team."
    )
    effective_settings: EffectiveSettings = by_level(
        of_team_members,
        needs=("organization_id", "team_id", "id"),
        description="What counts for them in the team, with all that is above.",
    )
    tasks: Connection[Annotated["Task", strawberry.lazy("app.tasks.types")]] = to_many(
        tasks_by_assignee,
        TASK_LIST,
        description="The tasks assigned to them, the newest first unless `orderBy` says otherwise.",
    )
    created_at: datetime = strawberry.field(description="When they became a member.")
    updated_at: datetime = strawberry.field(description="When the membership last changed, as by another role.")
    events: Connection[Annotated["Event", strawberry.lazy("app.events.types")]] = to_many(
        events_by_subject,
        EVENT_LIST,
        description="What happened to the membership itself, the newest first.",
    )
