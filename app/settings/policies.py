"""Who may set what a member of a team has for themselves; the others' settings are theirs who manage them."""

from app.auth.actor import Actor
from app.auth.guards import Verdict
from app.organizations.policies import can_read
from app.team_members.rows import TeamMemberRow


def can_choose(actor: Actor, team_member: TeamMemberRow, _role: str | None) -> Verdict:
    """May the actor, whatever they are in the team, change the settings of this member of it? Only of themselves."""
    own = can_read(actor, team_member) and team_member.user_id == actor.id
    return own or "Everybody sets these for themselves only."
