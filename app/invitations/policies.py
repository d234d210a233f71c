"""Who may invite, and take invitations back."""

from typing import Any

from app.auth.actor import Actor
from app.graph.guards import Verdict
from app.members.policies import can_give


def can_invite(actor: Actor, organization: Any, role: str) -> Verdict:
    """May the actor invite somebody as this?"""
    return can_give(actor, organization.id, role)


def can_manage(actor: Actor, invitation: Any) -> Verdict:
    """May the actor take the invitation back, or make another link for it?"""
    return can_give(actor, invitation.organization_id, invitation.role)
