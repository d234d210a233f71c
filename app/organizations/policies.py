"""Who may see an organization and what is in it."""

from typing import Any

from app.auth.actor import Actor


def can_read(actor: Actor, row: Any) -> bool:
    """Is the actor a member of the organization that this row is, or belongs to?"""
    return row.organization_id in actor.roles
