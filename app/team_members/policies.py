"""Who may take people out of a team; who may do the rest is the team's own policy."""

from typing import Any
from uuid import UUID

from app.auth.actor import Actor
from app.graph.guards import Verdict
from app.organizations.policies import can_read
from app.teams.policies import can_manage


def can_remove(actor: Actor, team_member: Any, role: str | None, membership_id: UUID | None) -> Verdict:
    """May the actor, who is `role` in the team, remove the member? Anybody may leave.

    `membership_id` is the actor's own membership in the organization.
    """
    leaves = can_read(actor, team_member) and team_member.organization_member_id == membership_id
    return leaves or can_manage(actor, team_member, role)
