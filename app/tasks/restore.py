"""Restoring tasks: what has to be there before they can be."""

from collections.abc import Sequence

from app.graph.context import Context
from app.tasks.bulk import Item
from app.tasks.references import check_team, teams_by_id


async def check_teams(context: Context, items: Sequence[Item]) -> None:
    """Notes a mistake where the team of a deleted task is deleted too."""
    found = [item for item in items if not item.checks.errors]
    teams = await teams_by_id(context, [item.row.team_id for item in found])
    for item in found:
        check_team(teams.get(item.row.team_id), item.checks)
