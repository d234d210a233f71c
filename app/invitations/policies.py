"""Who may invite, and take invitations back."""

from app.auth.actor import Actor
from app.auth.guards import Verdict
from app.invitations.rows import InvitationRow
from app.members.policies import can_give
from app.organizations.rows import OrganizationRow


def can_invite(actor: Actor, organization: OrganizationRow, role: str) -> Verdict:
    """May the actor invite somebody as this?"""
    return can_give(actor, organization.id, role)


def can_manage(actor: Actor, invitation: InvitationRow) -> Verdict:
    """May the actor take the invitation back, or make another link for it?"""
    return can_give(actor, invitation.organization_id, invitation.role)
