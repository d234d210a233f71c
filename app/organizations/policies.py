"""Who may see an organization and what is in it, and who may change it."""

from uuid import UUID

from app.auth.actor import Actor
from app.auth.guards import Verdict
from app.db.record import OfOrganization
from app.members.models import OrganizationRole
from app.organizations.rows import OrganizationRow


def belongs_to(actor: Actor, organization_id: UUID) -> bool:
    """Is the actor a member of the organization?"""
    return organization_id in actor.roles


def can_read(actor: Actor, row: OfOrganization) -> bool:
    """Is the actor a member of the organization that this row is, or belongs to?"""
    return belongs_to(actor, row.organization_id)


def owns(actor: Actor, organization_id: UUID) -> bool:
    """Is the actor an owner of the organization?"""
    return actor.roles.get(organization_id) == OrganizationRole.OWNER.name


def administers(actor: Actor, organization_id: UUID) -> bool:
    """Is the actor an owner or an admin of the organization?"""
    return actor.roles.get(organization_id) in {OrganizationRole.OWNER.name, OrganizationRole.ADMIN.name}


def can_update(actor: Actor, organization: OrganizationRow, _role: str | None = None) -> Verdict:
    """May the actor change its name and slug?"""
    return administers(actor, organization.id) or "Only the organization's owners and admins change it."


def can_delete(actor: Actor, organization: OrganizationRow, _role: str | None = None) -> Verdict:
    """May the actor delete and restore it?"""
    return owns(actor, organization.id) or "Only the organization's owners delete and restore it."


def can_restore(actor: Actor, organization: OrganizationRow, _role: str | None) -> Verdict:
    """May the actor, whatever they are in a team, bring it back?"""
    return can_delete(actor, organization)
