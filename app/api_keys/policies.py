"""Who manages API keys."""

from uuid import UUID

from app.auth.actor import Actor
from app.auth.guards import Verdict
from app.organizations.policies import administers
from app.organizations.rows import OrganizationRow

PEOPLE_ONLY = "API keys are managed by people: sign in with a token."
ADMINS_ONLY = "Only the organization's owners and admins manage its API keys."


def can_manage(actor: Actor, organization_id: UUID) -> Verdict:
    """May the actor make, rotate and revoke the organization's API keys?

    No key may, whatever its scope: one that was stolen could make others, which would outlive it.
    """
    if actor.grant is not None:
        return PEOPLE_ONLY
    return administers(actor, organization_id) or ADMINS_ONLY


def can_create(actor: Actor, organization: OrganizationRow, _role: str | None = None) -> Verdict:
    """May the actor make an API key for the organization?"""
    return can_manage(actor, organization.id)
