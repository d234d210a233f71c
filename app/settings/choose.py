"""What a request is taken to ask for where it leaves something out."""

from uuid import UUID

from app.graph.context import Context
from app.ranking.signals import SearchMode
from app.settings.loaders import Subject
from app.settings.resolve import effective_settings


async def search_mode(context: Context, organization_id: UUID, given: SearchMode | None) -> SearchMode:
    """By what to search in an organization: what is given, or else what counts there."""
    if given:
        return given
    settings = await context.load(effective_settings, Subject(organization_id))
    return SearchMode[settings.search_mode.value]
