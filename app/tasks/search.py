"""Searching an organization's tasks."""

from collections.abc import Sequence
from dataclasses import replace

from app.graph.conditions import Chosen, Condition, all_of
from app.graph.context import Context
from app.graph.paging import Filter
from app.graph.select import Key
from app.organizations.search import Inquiry
from app.ranking.connection import Results
from app.ranking.names import Owner
from app.ranking.query import as_typed, read_query
from app.ranking.search import Search, find
from app.ranking.signals import SearchMode
from app.ranking.similar import Match, similar
from app.tasks.key import name_of
from app.tasks.loaders import TASKS, task_by_id, task_by_name
from app.tasks.recognize import called_so, recognize
from app.tasks.searchable import TASKS as TEXTS

LOOKS_AT_NAMES = {SearchMode.HYBRID: called_so, SearchMode.FUZZY: recognize}
LIVE = Condition((), lambda: TASKS.columns["deleted_at"].is_(None))


async def search_tasks(context: Context, inquiry: Inquiry) -> Results:
    """A page of the organization's live tasks that are found among those that pass; raises BadUserInput."""
    search = Search(
        organization_id=inquiry.organization.id,
        searchable=TEXTS,
        chosen=_chosen(context, inquiry.condition),
        filter_key=inquiry.filter_key,
        text=inquiry.query,
        mode=inquiry.mode.name,
        size=inquiry.size,
        after=inquiry.after,
    )
    key = name_of(inquiry.organization.slug, as_typed(inquiry.query).strip(), loosely=inquiry.mode is SearchMode.FUZZY)
    row = await context.load(task_by_name, key) if key else None
    pinned_id = row.id if row and row.deleted_at is None else None
    owners = await _owners(context, inquiry) if key is None or inquiry.mode is SearchMode.FUZZY else ()
    named = replace(search, pinned_id=pinned_id, owners=owners, spelled=key is not None or bool(owners))
    return Results(await find(context, named), task_by_id)


async def similar_tasks(context: Context, keys: Sequence[Key], most: int) -> list[list[Match]]:
    """For each task the live ones of its organization that are most like it."""
    return await similar(context, TEXTS, LIVE, keys, most)


def _chosen(context: Context, given: Filter | None) -> Chosen:
    if given is None:
        return Chosen(LIVE, {})
    condition, values = given.where(TASKS, context.budget.filter_path())
    return Chosen(all_of(LIVE, condition), values)


async def _owners(context: Context, inquiry: Inquiry) -> tuple[Owner, ...]:
    """The teams and people that the query names: in FUZZY among other words too, and however they are spelled."""
    if inquiry.mode not in LOOKS_AT_NAMES:
        return ()
    look_up = LOOKS_AT_NAMES[inquiry.mode]
    return tuple(await look_up(context, inquiry.organization.id, read_query(inquiry.query).words))
