"""Who may export an organization."""

from app.auth.actor import Actor
from app.auth.guards import Verdict
from app.organizations.policies import owns
from app.organizations.rows import OrganizationRow


def can_export(actor: Actor, organization: OrganizationRow, _role: str | None = None) -> Verdict:
    """May the actor have all of it in a file, with its people's addresses?"""
    return owns(actor, organization.id) or "Only the organization's owners export it."
