"""Restoring tasks: what has to be there before they can be."""

from collections.abc import Sequence

from app.graph.context import Context
from app.tasks.attempt import Attempt
from app.tasks.references import check_team, teams_by_id


async def check_teams(context: Context, attempts: Sequence[Attempt]) -> None:
    """Notes a mistake where the team of a deleted task is deleted too."""
    found = [attempt for attempt in attempts if not attempt.checks.errors]
    teams = await teams_by_id(context, [attempt.row.team_id for attempt in found])
    for attempt in found:
        check_team(teams.get(attempt.row.team_id), attempt.checks)
