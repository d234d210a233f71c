"""Who may export an organization."""

from typing import Any

from app.auth.actor import Actor
from app.auth.guards import Verdict
from app.organizations.policies import owns


def can_export(actor: Actor, organization: Any, _role: str | None = None) -> Verdict:
    """May the actor have all of it in a file, with its people's addresses?"""
    return owns(actor, organization.id) or "Only the organization's owners export it."
