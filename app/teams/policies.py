"""Who may make and manage teams."""

from app.auth.actor import Actor
from app.auth.guards import Verdict
from app.db.record import OfOrganization
from app.organizations.policies import administers, can_read
from app.organizations.rows import OrganizationRow
from app.team_members.models import TeamRole


def can_create(actor: Actor, organization: OrganizationRow, _role: str | None = None) -> Verdict:
    """May the actor make a team in the organization?"""
    return (
        can_read(actor, organization) and actor.may("WRITE_ALL")
    ) or "Only the organization's members make teams in it."


def can_manage(actor: Actor, row: OfOrganization, role: str | None) -> Verdict:
    """May the actor, `role` in a team or an API key, change, delete and restore it and its memberships?

    `row` is the team or one of its memberships.
    """
    role = actor.role_in_teams(row.organization_id) or role
    if administers(actor, row.organization_id) or (can_read(actor, row) and role == TeamRole.ADMIN.name):
        return True
    return "Only the team's admins and those of the organization manage it."
