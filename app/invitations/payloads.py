"""What is said to mutations of invitations, and what they answer."""

import strawberry
from strawberry import UNSET

from app.invitations.models import LONGEST_MESSAGE
from app.invitations.types import Invitation
from app.members.models import OrganizationRole
from app.members.types import OrganizationMember
from app.team_members.models import TeamRole
from app.writing.mutation import UserError

MOST_TEAMS = 50
LONGEST_DAYS = 90
DEFAULT_DAYS = 14


@strawberry.input(description="A team that whoever accepts an invitation is to come into.")
class InvitationTeamInput:
    team_id: strawberry.ID = strawberry.field(description="A team of the organization.")
    role: TeamRole = strawberry.field(default=TeamRole.MEMBER, description="What they will be in it.")


@strawberry.input(description="Somebody to be invited into an organization.")
class InviteToOrganizationInput:
    organization_id: strawberry.ID = strawberry.field(description="The organization.")
    email: str = strawberry.field(description="Their e-mail address, at most 254 characters.")
    role: OrganizationRole = strawberry.field(
        default=OrganizationRole.MEMBER, description="What they will be; only owners make owners."
    )
    teams: list[InvitationTeamInput] = strawberry.field(
        default_factory=list, description=f"Teams that they will be in, at most {MOST_TEAMS}."
    )
    message: str | None = strawberry.field(
        default=UNSET, description=f"What they are to read with it, at most {LONGEST_MESSAGE} characters."
    )
    expires_in_days: int = strawberry.field(
        default=DEFAULT_DAYS, description=f"For how many days it can be accepted: 1 to {LONGEST_DAYS}."
    )


@strawberry.input(one_of=True, description="What whoever is invited names an invitation by: one of these.")
class InvitationBy:
    id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Its id, where the viewer's verified e-mail address is invited."
    )
    secret: str | None = strawberry.field(
        default=UNSET, description="Its secret, which is what its link ends with: whoever holds it may accept."
    )


@strawberry.type(description="An invitation as it is now, or why nothing was written.")
class InvitationPayload:
    invitation: Invitation | None = strawberry.field(
        default=None, description="The invitation; null where nothing was written."
    )
    secret: str | None = strawberry.field(
        default=None,
        description="What accepts it, where it was made or resent. It is shown this once and never again: also the "
        "answer to a retry with the same `Idempotency-Key` has null here.",
    )
    link: str | None = strawberry.field(
        default=None,
        description="The address to send to whoever is invited: the server sends no mail. It is shown this once, too; "
        "null where the server does not know your front end (TRELLIS_INVITATION_URL).",
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description="The mistakes in the input.")


@strawberry.type(description="What came of accepting an invitation.")
class AcceptInvitationPayload:
    organization_member: OrganizationMember | None = strawberry.field(
        default=None, description="The viewer's membership in the organization; null where nothing was written."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description="The mistakes in the input.")


@strawberry.type(description="What came of declining an invitation.")
class DeclineInvitationPayload:
    declined_id: strawberry.ID | None = strawberry.field(
        default=None, description="The invitation's id; null where nothing was written."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description="The mistakes in the input.")
