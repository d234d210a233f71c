"""Who may see whom."""

from typing import Any

from app.auth.actor import Actor


def can_read(actor: Actor, user: Any) -> bool:
    """Is this the actor, or somebody in one of the actor's organizations, or who was and whose work is there?"""
    return user.id == actor.id or any(one in actor.roles for one in user.organization_ids)
