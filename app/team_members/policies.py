"""Who may take people out of a team; who may do the rest is the team's own policy."""

from app.auth.actor import Actor
from app.auth.guards import Verdict
from app.organizations.policies import can_read
from app.team_members.rows import TeamMemberRow
from app.teams.policies import can_manage


def can_remove(actor: Actor, team_member: TeamMemberRow, role: str | None) -> Verdict:
    """May the actor, who is `role` in the team, remove the member? Anybody may leave."""
    leaves = can_read(actor, team_member) and team_member.user_id == actor.id
    return leaves or can_manage(actor, team_member, role)
