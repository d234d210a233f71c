"""Searching an organization's tasks."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from app.graph.conditions import Chosen, Condition, all_of
from app.graph.context import Context
from app.graph.paging import Filter
from app.graph.select import Key
from app.organizations.search import Inquiry
from app.ranking.connection import Results
from app.ranking.names import Owner
from app.ranking.query import read_query
from app.ranking.search import Search, SearchMode, find
from app.ranking.similar import Match, similar
from app.tasks.key import name_of
from app.tasks.loaders import TASKS, task_by_id, task_by_name
from app.tasks.recognize import recognize
from app.tasks.searchable import TASKS as TEXTS

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
    named = replace(search, pinned_id=await _called(context, inquiry), owners=await _owners(context, inquiry))
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
    """The teams and people that are named in the query, however they are spelled."""
    if inquiry.mode is not SearchMode.FUZZY:
        return ()
    return tuple(await recognize(context, inquiry.organization.id, read_query(inquiry.query).words))


async def _called(context: Context, inquiry: Inquiry) -> UUID | None:
    """The id of the live task that is called so, now or before."""
    loosely = inquiry.mode is SearchMode.FUZZY
    name = name_of(inquiry.organization.slug, inquiry.query.strip(), loosely=loosely)
    row = await context.load(task_by_name, name) if name else None
    return row.id if row and row.deleted_at is None else None
