"""Inviting people, and accepting or declining invitations."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import strawberry

from app.auth.email import InvalidEmail, email_key, parse_email
from app.auth.guards import require, require_row
from app.auth.secrets import INVITATION, InvalidKey, PresentedKey, presented
from app.db.columns import now
from app.graph.context import Context, Info
from app.graph.errors import BadUserInput
from app.graph.ids import parse_id
from app.graph.select import Key
from app.invitations.enter import come_in, enter
from app.invitations.issue import Issued, end, issue, link_of, renew
from app.invitations.loaders import expired_invitation, invitation_for_update, is_member, newest
from app.invitations.models import LONGEST_MESSAGE, InvitationStatus
from app.invitations.payloads import (
    DEFAULT_DAYS,
    LONGEST_DAYS,
    MOST_TEAMS,
    AcceptInvitationPayload,
    DeclineInvitationPayload,
    InvitationBy,
    InvitationPayload,
    InviteToOrganizationInput,
)
from app.invitations.policies import can_invite, can_manage
from app.invitations.rows import InvitationRow
from app.members.loaders import member_by_id
from app.organizations.loaders import ORGANIZATIONS
from app.organizations.rows import OrganizationRow
from app.teams.loaders import TEAMS
from app.writing.inputs import Checks
from app.writing.mutation import UserError, UserErrorCode, mutation, object_of, rejected
from app.writing.parents import parent_for_update
from app.writing.rows import rows_for_update

MOST_A_DAY = 500  # of one organization: its people come in by them, and nobody can be flooded
DAY = timedelta(days=1)

ENDED = "It is over: make a new invitation."
INVITED = UserError(
    code=UserErrorCode.TAKEN,
    message="They are invited already: resend that invitation, or revoke it.",
    path=["input", "email"],
)
MEMBER = "They are a member of the organization already."
InvitationId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The invitation's id.")]
Days = Annotated[
    int, strawberry.argument(description=f"For how many days it can be accepted from now on: 1 to {LONGEST_DAYS}.")
]


@strawberry.type
class InvitationMutations:
    @mutation(
        description="Invites an e-mail address into an organization. Whoever signs in with it, verified, finds the "
        "invitation in `Viewer.invitations`; so does whoever holds its link. FORBIDDEN to those who are neither the "
        f"organization's owners nor its admins. TAKEN where the address is a member's, or invited. LIMIT_EXCEEDED "
        f"after {MOST_A_DAY} in a day.",
        scope="ADMIN",
        violations={"uq_invitations_email": INVITED},
    )
    async def invite_to_organization(
        self,
        info: Info,
        given: Annotated[
            InviteToOrganizationInput, strawberry.argument(name="input", description="Who, and what they will be.")
        ],
    ) -> InvitationPayload:
        context, checks = info.context, Checks("input")
        parent = await parent_for_update(
            context, ORGANIZATIONS, given.organization_id, "organization", checks, "organizationId"
        )
        if parent is not None:
            await context.signed_in.refresh_actor()
            require(can_invite(context.actor, parent, given.role.name))
        email, values = _email(given, checks), _values(given, checks)
        teams = await _teams(context, given, parent, checks)
        organization = checks.passed(parent)
        await _require_new(context, organization.id, email)
        return _payload(context, await issue(context, organization.id, {"email": email, **values}, teams))

    @mutation(
        description="Makes another link for an invitation that has not ended, which the one before no longer opens, "
        "and gives it more time. FORBIDDEN to those who could not have made it.",
        scope="ADMIN",
    )
    async def resend_invitation(
        self, info: Info, invitation_id: InvitationId, expires_in_days: Days = DEFAULT_DAYS
    ) -> InvitationPayload:
        row = await _managed(info.context, invitation_id)
        if row.status != InvitationStatus.PENDING.name:
            raise rejected(UserErrorCode.INVALID, ENDED, "id")
        checks = Checks()
        expires_at = _expiry(expires_in_days, checks, "expiresInDays")
        checks.done()
        return _payload(info.context, await renew(info.context, row, expires_at))

    @mutation(
        description="Takes an invitation back: its link opens nothing any more. FORBIDDEN to those who could not have "
        "made it. INVALID where it has been accepted or declined; where it is revoked already, nothing happens.",
        scope="ADMIN",
    )
    async def revoke_invitation(self, info: Info, invitation_id: InvitationId) -> InvitationPayload:
        row = await _managed(info.context, invitation_id)
        if row.status == InvitationStatus.PENDING.name:
            row = await end(info.context, row, InvitationStatus.REVOKED)
        elif row.status != InvitationStatus.REVOKED.name:
            raise rejected(UserErrorCode.INVALID, "It has been answered already.", "id")
        return InvitationPayload(invitation=object_of(row))

    @mutation(
        description="Brings the viewer into the organization that invites them, and into its teams. Who was removed "
        "from it comes back as the member they were, with the role of the invitation. NOT_FOUND for an invitation "
        "that is over, or is not theirs.",
        scope=None,
    )
    async def accept_invitation(
        self, info: Info, by: Annotated[InvitationBy, strawberry.argument(description="Its id or its secret.")]
    ) -> AcceptInvitationPayload:
        context = info.context
        row = await enter(context, *_named(by))
        member = await come_in(context, row)
        await end(context, row, InvitationStatus.ACCEPTED)
        await context.signed_in.refresh_actor()
        key = Key(member.organization_id, member.id)
        return AcceptInvitationPayload(organization_member=object_of(await context.reload(member_by_id, key)))

    @mutation(
        description="Declines an invitation. NOT_FOUND for one that is over, or is not theirs.",
        scope=None,
    )
    async def decline_invitation(
        self, info: Info, by: Annotated[InvitationBy, strawberry.argument(description="Its id or its secret.")]
    ) -> DeclineInvitationPayload:
        row = await enter(info.context, *_named(by))
        await end(info.context, row, InvitationStatus.DECLINED)
        await info.context.signed_in.refresh_actor()
        return DeclineInvitationPayload(declined_id=strawberry.ID(str(row.id)))


def _named(by: InvitationBy) -> tuple[UUID, PresentedKey | None]:
    """The invitation's id, and its secret where that was given. Raises BadUserInput for what is neither."""
    if not isinstance(by.secret, str):
        return parse_id(by.id or "", "by.id"), None
    try:
        key = presented(by.secret.strip(), INVITATION)
    except InvalidKey:
        raise BadUserInput("`by.secret` is none: it is what the invitation's link ends with, behind the #.") from None
    return key.id, key


def _email(given: InviteToOrganizationInput, checks: Checks) -> str:
    """Whom it is for; what is wrong with that is noted."""
    try:
        return parse_email(given.email.strip())
    except InvalidEmail as error:
        checks.wrong(UserErrorCode.INVALID, str(error), "email")
        return ""


def _values(given: InviteToOrganizationInput, checks: Checks) -> dict[str, object]:
    """The other columns of a new invitation; what is wrong with them is noted."""
    return {
        "role": given.role.name,
        "message": checks.optional_text(given.message or None, "message", longest=LONGEST_MESSAGE),
        "expires_at": _expiry(given.expires_in_days, checks, "expiresInDays"),
    }


def _expiry(days: int, checks: Checks, *path: str) -> datetime:
    if not 1 <= days <= LONGEST_DAYS:
        checks.wrong(UserErrorCode.INVALID, f"1 to {LONGEST_DAYS} days are allowed.", *path)
        days = 1
    return now() + timedelta(days=days)


async def _teams(
    context: Context, given: InviteToOrganizationInput, organization: OrganizationRow | None, checks: Checks
) -> dict[UUID, str]:
    """The role in each team, by its id; what is wrong with them is noted."""
    if len(given.teams) > MOST_TEAMS:
        checks.wrong(UserErrorCode.TOO_LONG, f"At most {MOST_TEAMS} teams are allowed.", "teams")
        return {}
    ids = [parse_id(one.team_id, f"input.teams.{place}.teamId") for place, one in enumerate(given.teams)]
    rows = await rows_for_update(context, TEAMS, ids) if ids else []
    for place, row in enumerate(rows):
        if row is None or organization is None or row.organization_id != organization.id:
            checks.wrong(UserErrorCode.NOT_FOUND, "There is no such team.", "teams", str(place), "teamId")
    return {team_id: one.role.name for team_id, one in zip(ids, given.teams, strict=True)}


async def _require_new(context: Context, organization_id: UUID, email: str) -> None:
    """Raises Rejected where the address is a member's, or there have been too many invitations."""
    key = email_key(email)
    if await is_member(context, organization_id, key):
        raise rejected(UserErrorCode.TAKEN, MEMBER, "input", "email")
    if await newest(context, organization_id, now() - DAY, MOST_A_DAY) >= MOST_A_DAY:
        message = f"An organization makes at most {MOST_A_DAY} invitations in a day: go on tomorrow."
        raise rejected(UserErrorCode.LIMIT_EXCEEDED, message, "input", "organizationId")
    expired = await expired_invitation(context, organization_id, key)
    if expired is not None:
        await end(context, expired, InvitationStatus.REVOKED)


async def _managed(context: Context, invitation_id: str) -> InvitationRow:
    """The locked row of an invitation that the actor manages; raises NotFound and Forbidden."""
    row = require_row(await invitation_for_update(context, parse_id(invitation_id, "id")), "invitation")
    require(can_manage(context.actor, row))
    return row


def _payload(context: Context, issued: Issued) -> InvitationPayload:
    return InvitationPayload(
        invitation=object_of(issued.row), secret=issued.secret, link=link_of(context, issued.secret)
    )
