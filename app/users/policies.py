"""Who may see whom."""

from typing import Any

from app.auth.actor import Actor


def can_read(actor: Actor, user: Any) -> bool:
    """Is this the actor, or somebody the actor shares, or shared, an organization with?"""
    return user.id == actor.id or any(one in actor.roles for one in user.organization_ids)
