"""Reading deletions."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, func

from app.db.source import Source
from app.graph.context import Context
from app.graph.paging import DeletedScope, Order, Page, Slice
from app.graph.select import Key, pages, rows_by_key
from app.trash.models import Deletion

DELETIONS = Source(Deletion)
NEWEST_DELETIONS_FIRST = Order("deleted_at", descending=True)


class InTrash:
    """Deletions that can still be restored: not those that have been, nor those whose time is over."""

    def where(self, source: Source) -> ColumnElement[bool]:
        return source.columns["restored_at"].is_(None) & (source.columns["purge_at"] > func.clock_timestamp())


async def deletion_by_id(context: Context, keys: Sequence[Key]) -> list[Any]:
    """The deletion of each key."""
    return await rows_by_key(context, DELETIONS, keys)


async def deletions_by_organization(context: Context, organizations: Sequence[Key], page: Page) -> list[Slice]:
    """A page of what is in each organization's trash."""
    page = replace(page, deleted=DeletedScope.INCLUDE, filter=InTrash())
    return await pages(context, DELETIONS, organizations, page, by="organization_id")
