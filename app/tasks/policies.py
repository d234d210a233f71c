"""Who may work on tasks."""

from app.auth.actor import Actor
from app.auth.guards import Verdict
from app.db.record import OfOrganization
from app.organizations.policies import administers, can_read
from app.team_members.models import TeamRole

WORKERS = {TeamRole.ADMIN.name, TeamRole.MEMBER.name}


def can_work(actor: Actor, row: OfOrganization, role: str | None) -> Verdict:
    """May the actor, `role` in a team or an API key, create, change, move, delete and restore its tasks?

    `row` is the team or one of its tasks.
    """
    role = actor.role_in_teams(row.organization_id) or role
    if administers(actor, row.organization_id) or (can_read(actor, row) and role in WORKERS):
        return True
    if role == TeamRole.VIEWER.name:
        return "You only read in this team: ask one of its admins to make you a member."
    return "You are not in this team: ask one of its admins to add you."
