"""Reading teams."""

from collections.abc import Sequence
from uuid import UUID

from app.db.source import Source
from app.graph.context import Context
from app.graph.paging import Page, Slice
from app.graph.select import Key, pages, rows_by_id, rows_by_key
from app.teams.models import Team
from app.teams.rows import TeamRow

TEAMS = Source(Team, TeamRow, long=("description",))


async def team_by_id(context: Context, keys: Sequence[Key]) -> list[TeamRow | None]:
    """The team of each key, deleted or not."""
    return await rows_by_key(context, TEAMS, keys)


async def any_team(context: Context, ids: Sequence[UUID]) -> list[TeamRow | None]:
    """The team of each id, deleted or not, in whichever of the caller's organizations."""
    return await rows_by_id(context, TEAMS, ids)


async def teams_by_organization(context: Context, organizations: Sequence[Key], page: Page) -> list[Slice]:
    """A page of each organization's teams."""
    return await pages(context, TEAMS, organizations, page, by="organization_id")
