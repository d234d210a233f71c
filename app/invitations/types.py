"""An invitation, as the organization sees it and as whoever is invited does."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.db.columns import now
from app.events.filter import EVENT_LIST
from app.events.loaders import events_by_subject
from app.graph.connections import Connection
from app.graph.context import Context
from app.graph.edges import to_many, to_one
from app.graph.fields import Arguments, by_level
from app.graph.node import Node
from app.graph.select import Key
from app.invitations.loaders import INVITATIONS, invitation_by_id, teams_of_invitation
from app.invitations.models import InvitationStatus
from app.invitations.rows import InvitationRow, InvitationTeamRow
from app.members.models import OrganizationRole
from app.organizations.loaders import organization_by_id
from app.organizations.policies import can_read
from app.team_members.models import TeamRole
from app.teams.loaders import TEAMS, team_by_id
from app.users.loaders import user_by_id

if TYPE_CHECKING:
    from app.events.types import Event
    from app.organizations.types import Organization
    from app.teams.types import Team
    from app.users.types import User


def statuses(_context: Context, rows: Sequence[InvitationRow], _arguments: Arguments) -> list[str]:
    """What has become of each invitation."""
    over = now()
    pending = InvitationStatus.PENDING.name
    return [
        InvitationStatus.EXPIRED.name if row.status == pending and row.expires_at <= over else row.status
        for row in rows
    ]


async def invited_teams(
    context: Context, rows: Sequence[InvitationRow], _arguments: Arguments
) -> list[list[InvitationTeamRow]]:
    """The teams that each invitation leads into."""
    return await context.load_many(teams_of_invitation, [Key(row.organization_id, row.id) for row in rows])


@strawberry.type(description="A team that an invitation leads into.")
class InvitationTeam:
    team: Annotated["Team", strawberry.lazy("app.teams.types")] = to_one(
        team_by_id, "team_id", surely=TEAMS, description="The team."
    )
    role: TeamRole = strawberry.field(description="What whoever accepts will be in it.")


@strawberry.type(
    description="An invitation into an organization. Whether the address has an account here is told to nobody: "
    "whoever is invited is seen in the organization once they have accepted."
)
class Invitation(Node):
    source = INVITATIONS
    by_key = invitation_by_id
    can_read = can_read

    organization: Annotated["Organization", strawberry.lazy("app.organizations.types")] = to_one(
        organization_by_id, "organization_id", description="The organization."
    )
    email: str = strawberry.field(description="The address that is invited, at most 254 characters.")
    role: OrganizationRole = strawberry.field(description="What whoever accepts will be in the organization.")
    teams: list[InvitationTeam] = by_level(
        invited_teams,
        needs=("organization_id", "id"),
        description="The teams that whoever accepts comes into, by name, at most 50.",
    )
    message: str | None = strawberry.field(description="What the inviter has written, at most 1000 characters.")
    status: InvitationStatus = by_level(statuses, needs=("status", "expires_at"), description="What has become of it.")
    invited_by: Annotated["User", strawberry.lazy("app.users.types")] | None = to_one(
        user_by_id, "invited_by", description="Who made it; null where an API key did."
    )
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it last changed, as by another link.")
    expires_at: datetime = strawberry.field(description="Until when it can be accepted.")
    ended_at: datetime | None = strawberry.field(
        description="When it was accepted, declined or revoked; null while it was not."
    )
    events: Connection[Annotated["Event", strawberry.lazy("app.events.types")]] = to_many(
        events_by_subject, EVENT_LIST, description="What happened to the invitation, the newest first."
    )


@strawberry.type(
    description="An invitation as whoever is invited sees it: of the organization no more than they need to decide."
)
class ReceivedInvitation:
    id: strawberry.ID = strawberry.field(description="Its id, by which it is accepted or declined.")
    organization_name: str = strawberry.field(description="What the organization is called.")
    role: OrganizationRole = strawberry.field(description="What they will be in it.")
    message: str | None = strawberry.field(description="What the inviter has written, at most 1000 characters.")
    invited_by: str | None = strawberry.field(
        description="What the inviter is called; null where an API key invited, or they are no member any more."
    )
    created_at: datetime = strawberry.field(description="When it was made.")
    expires_at: datetime = strawberry.field(description="Until when it can be accepted.")
