"""An organization and what it holds."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar

import strawberry

from app.api_keys.loaders import API_KEY_LIST, api_keys_by_organization
from app.api_keys.policies import can_create as can_create_key
from app.documents.filter import DOCUMENT_LIST
from app.documents.loaders import documents_by_organization
from app.documents.policies import can_write_own
from app.events.filter import EVENT_LIST
from app.events.loaders import events_by_organization
from app.exports.loaders import export_of_organization
from app.exports.policies import can_export
from app.graph.connections import Connection
from app.graph.context import Context
from app.graph.edges import to_many, to_one
from app.graph.fields import Arguments, by_level
from app.graph.node import Node
from app.invitations.loaders import INVITATION_LIST, invitations_by_organization
from app.members.filter import MEMBER_LIST
from app.members.loaders import members_by_organization
from app.members.models import OrganizationRole
from app.members.policies import can_add
from app.organizations.loaders import ORGANIZATIONS, organization_by_id
from app.organizations.policies import can_delete, can_read, can_restore, can_update
from app.organizations.rows import OrganizationRow
from app.permissions.models import Permission
from app.settings.loaders import settings_of_organization
from app.settings.types import EffectiveSettings, OrganizationSettings, of_organizations
from app.tasks.filter import TASK_LIST
from app.tasks.loaders import tasks_by_organization
from app.teams.filter import TEAM_LIST
from app.teams.loaders import teams_by_organization
from app.teams.policies import can_create
from app.trash.loaders import DELETION_LIST, deletions_by_organization
from app.trash.types import Deletable, Deletion

if TYPE_CHECKING:
    from app.api_keys.types import ApiKey
    from app.documents.types import Document
    from app.events.types import Event
    from app.exports.types import Export
    from app.invitations.types import Invitation
    from app.members.types import OrganizationMember
    from app.tasks.types import Task
    from app.teams.types import Team


def viewer_roles(context: Context, organizations: Sequence[OrganizationRow], _arguments: Arguments) -> list[str | None]:
    """What the viewer is in each organization; an API key is no member, whatever it may do."""
    roles = context.actor.roles if context.actor.grant is None else {}
    return [roles.get(organization.id) for organization in organizations]


@strawberry.type(description="A tenant: people, their teams and their work. Nothing in it is seen from outside.")
class Organization(Node, Deletable):
    source = ORGANIZATIONS
    by_key = organization_by_id
    can_read = can_read
    can_restore = can_restore
    permissions: ClassVar = {
        Permission.UPDATE: can_update,
        Permission.UPDATE_SETTINGS: can_update,
        Permission.CREATE_TEAM: can_create,
        Permission.CREATE_DOCUMENT: can_write_own,
        Permission.ADD_MEMBER: can_add,
        Permission.MANAGE_API_KEYS: can_create_key,
        Permission.EXPORT: can_export,
        Permission.DELETE: can_delete,
    }

    name: str = strawberry.field(description="At most 100 characters.")
    slug: str = strawberry.field(description="Its name in addresses, unique among all: 2 to 50 of a-z, 0-9 and `-`.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it last changed.")
    version: int = strawberry.field(description="Rises by one with every change.")

    viewer_role: OrganizationRole | None = by_level(
        viewer_roles, needs=("id",), description="What the viewer is in it; null for an API key."
    )
    settings: OrganizationSettings = to_one(
        settings_of_organization, "id", description="What it has set for its teams."
    )
    effective_settings: EffectiveSettings = by_level(
        of_organizations, needs=("organization_id",), description="What counts for it, with the server's defaults."
    )
    teams: Connection[Annotated["Team", strawberry.lazy("app.teams.types")]] = to_many(
        teams_by_organization,
        TEAM_LIST,
        description="Its teams, by name unless `orderBy` says otherwise.",
    )
    members: Connection[Annotated["OrganizationMember", strawberry.lazy("app.members.types")]] = to_many(
        members_by_organization,
        MEMBER_LIST,
        description="Its members, those who came first first unless `orderBy` says otherwise.",
    )
    invitations: Connection[Annotated["Invitation", strawberry.lazy("app.invitations.types")]] = to_many(
        invitations_by_organization,
        INVITATION_LIST,
        description="Who has been invited into it, also by invitations that have ended, the newest first.",
    )
    tasks: Connection[Annotated["Task", strawberry.lazy("app.tasks.types")]] = to_many(
        tasks_by_organization,
        TASK_LIST,
        description="The tasks of all its teams, the newest first unless `orderBy` says otherwise.",
    )
    documents: Connection[Annotated["Document", strawberry.lazy("app.documents.types")]] = to_many(
        documents_by_organization,
        DOCUMENT_LIST,
        description="Its own documents and those of all its teams, the newest first unless `orderBy` says otherwise.",
    )
    trash: Connection[Deletion] = to_many(
        deletions_by_organization,
        DELETION_LIST,
        description="What can be restored in it, the newest deletion first.",
    )
    api_keys: Connection[Annotated["ApiKey", strawberry.lazy("app.api_keys.types")]] = to_many(
        api_keys_by_organization,
        API_KEY_LIST,
        description="The programs that act in it, also those that may not any more, the newest first.",
    )
    export: Annotated["Export", strawberry.lazy("app.exports.types")] | None = to_one(
        export_of_organization, "id", description="The newest export of it that is under way or can be fetched."
    )
    events: Connection[Annotated["Event", strawberry.lazy("app.events.types")]] = to_many(
        events_by_organization,
        EVENT_LIST,
        description="What happened in it and under it, the newest first.",
    )
