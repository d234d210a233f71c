"""Reading the log."""

from collections.abc import Sequence
from dataclasses import replace

from app.db.source import Source
from app.events.models import Event
from app.events.rows import EventRow
from app.graph.context import Context
from app.graph.pages import pages
from app.graph.paging import DeletedScope, Page, Slice
from app.graph.select import Key, rows_by_key

EVENTS = Source(Event, EventRow, long=("changes",))


async def event_by_id(context: Context, keys: Sequence[Key]) -> list[EventRow | None]:
    """The event of each key."""
    return await rows_by_key(context, EVENTS, keys)


async def events_by_organization(context: Context, organizations: Sequence[Key], page: Page) -> list[Slice]:
    """A page of what happened in each organization."""
    return await _log(context, organizations, page, by="organization_id")


async def events_by_subject(context: Context, subjects: Sequence[Key], page: Page) -> list[Slice]:
    """A page of what was done to each object."""
    return await _log(context, subjects, page, by="subject_id")


async def _log(context: Context, parents: Sequence[Key], page: Page, *, by: str) -> list[Slice]:
    # What the operation itself did is in the log, too.
    await context.signed_in.write_pending()
    return await pages(context, EVENTS, parents, replace(page, deleted=DeletedScope.INCLUDE), by=by)
