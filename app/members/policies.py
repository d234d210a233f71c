"""Who may bring people into an organization, give them roles and remove them."""

from uuid import UUID

from app.auth.actor import Actor
from app.auth.guards import Verdict
from app.members.models import OrganizationRole
from app.members.rows import OrganizationMemberRow
from app.organizations.policies import administers, can_read, owns
from app.organizations.rows import OrganizationRow

OWNER = OrganizationRole.OWNER.name
KEYS_MANAGERS = {OWNER, OrganizationRole.ADMIN.name}
ADMINS_ONLY = "Only the organization's owners and admins manage its members."
PEOPLE_ONLY = "An API key neither makes nor removes owners and admins: it takes a person."
OWNERS_ONLY = "Only an owner makes, changes and removes owners."


def can_give(actor: Actor, organization_id: UUID, *roles: str) -> Verdict:
    """May the actor manage members who have, had or get these roles?

    An API key gives nobody a role that manages API keys: one that was stolen would outlive its revocation.
    """
    if not administers(actor, organization_id):
        return ADMINS_ONLY
    if actor.grant is not None and not KEYS_MANAGERS.isdisjoint(roles):
        return PEOPLE_ONLY
    return OWNER not in roles or owns(actor, organization_id) or OWNERS_ONLY


def can_add(actor: Actor, organization: OrganizationRow, _role: str | None = None) -> Verdict:
    """May the actor bring people into the organization? Owners only if they are one: see can_give."""
    return can_give(actor, organization.id)


def can_update(actor: Actor, member: OrganizationMemberRow, _role: str | None = None) -> Verdict:
    """May the actor, a person, give the member another role? Which ones says can_give."""
    return PEOPLE_ONLY if actor.grant is not None else can_give(actor, member.organization_id, member.role)


def can_remove(actor: Actor, member: OrganizationMemberRow, _role: str | None = None) -> Verdict:
    """May the actor remove the member? Anybody may leave."""
    leaves = can_read(actor, member) and member.user_id == actor.user_id
    return leaves or can_give(actor, member.organization_id, member.role)


def can_restore(actor: Actor, member: OrganizationMemberRow, _role: str | None) -> Verdict:
    """May the actor, whatever they are in a team, bring the member back?"""
    return can_give(actor, member.organization_id, member.role)
