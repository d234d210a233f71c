"""A membership in an organization."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar

import strawberry

from app.events.filter import EVENT_LIST
from app.events.loaders import events_by_subject
from app.graph.connections import Connection
from app.graph.edges import to_many, to_one
from app.graph.node import Node
from app.members.loaders import ORGANIZATION_MEMBERS, member_by_id
from app.members.models import OrganizationRole
from app.members.policies import can_remove, can_restore, can_update
from app.organizations.loaders import organization_by_id
from app.organizations.policies import can_read
from app.permissions.models import Permission
from app.team_members.filter import TEAM_MEMBER_LIST
from app.team_members.loaders import team_members_by_organization_member
from app.trash.types import Deletable
from app.users.loaders import user_by_id
from app.users.types import User

if TYPE_CHECKING:
    from app.events.types import Event
    from app.organizations.types import Organization
    from app.team_members.types import TeamMember


@strawberry.type(description="A person in an organization.")
class OrganizationMember(Node, Deletable):
    source = ORGANIZATION_MEMBERS
    by_key = member_by_id
    can_read = can_read
    can_restore = can_restore
    permissions: ClassVar = {Permission.UPDATE: can_update, Permission.DELETE: can_remove}

    organization: Annotated["Organization", strawberry.lazy("app.organizations.types")] = to_one(
        organization_by_id, "organization_id", description="The organization."
    )
    user: User = to_one(user_by_id, "user_id", description="The person.")
    role: OrganizationRole = strawberry.field(description="What they are in the organization.")
    teams: Connection[Annotated["TeamMember", strawberry.lazy("app.team_members.types")]] = to_many(
        team_members_by_organization_member,
        TEAM_MEMBER_LIST,
        description="Their memberships in the organization's teams, the oldest first unless `orderBy` says otherwise.",
    )
    created_at: datetime = strawberry.field(description="When they became a member.")
    updated_at: datetime = strawberry.field(description="When the membership last changed, as by another role.")
    events: Connection[Annotated["Event", strawberry.lazy("app.events.types")]] = to_many(
        events_by_subject,
        EVENT_LIST,
        description="What happened to the membership itself, the newest first.",
    )
