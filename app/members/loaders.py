"""Reading memberships in organizations."""

from collections.abc import Sequence
from typing import Any

from app.db.source import Source
from app.graph.context import Context
from app.graph.paging import Order, Page, Slice
from app.graph.select import Key, pages, rows_by_key
from app.members.models import OrganizationMember

ORGANIZATION_MEMBERS = Source(OrganizationMember)
OLDEST_MEMBERS_FIRST = Order("created_at", descending=False)


async def member_by_id(context: Context, keys: Sequence[Key]) -> list[Any]:
    """The membership of each key, deleted or not."""
    return await rows_by_key(context, ORGANIZATION_MEMBERS, keys)


async def members_by_organization(context: Context, organizations: Sequence[Key], page: Page) -> list[Slice]:
    """A page of each organization's members."""
    return await pages(context, ORGANIZATION_MEMBERS, organizations, page, by="organization_id")
