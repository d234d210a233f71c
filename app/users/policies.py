"""Who may see whom, and who may erase whom."""

from uuid import UUID

from app.auth.actor import Actor
from app.auth.guards import Verdict
from app.organizations.policies import owns
from app.users.rows import UserRow

THEMSELVES_ONLY = (
    "Only they themselves erase all that is known of them: name the `organizationId` of an organization that you own, "
    "to erase them there."
)
OWNERS_ONLY = "Only the organization's owners erase people in it."


def can_read(actor: Actor, user: UserRow) -> bool:
    """Is this the actor, or somebody in one of the actor's organizations, or who was and whose work is there?"""
    return user.id == actor.id or any(one in actor.roles for one in user.organization_ids)


def can_erase(actor: Actor, user_id: UUID, organization_id: UUID | None) -> Verdict:
    """May the actor erase the person, in the organization or, without one, everywhere?

    An owner never erases what other organizations share: an account is theirs whose it is.
    """
    if user_id == actor.id:
        return True
    if organization_id is None:
        return THEMSELVES_ONLY
    return owns(actor, organization_id) or OWNERS_ONLY
