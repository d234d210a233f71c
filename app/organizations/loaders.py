"""Reading organizations."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from uuid import UUID

from sqlalchemy import ARRAY, Text, any_, bindparam, select

from app.db.columns import table_of
from app.db.source import Source
from app.db.statement import Statement, prepare
from app.graph.context import Context
from app.graph.pages import pages
from app.graph.paging import Page, Slice
from app.graph.select import Key, live_rows, rows_by_id, rows_by_key, scoped
from app.organizations.models import Organization
from app.organizations.policies import belongs_to, can_read
from app.organizations.rows import OrganizationRow

organizations = table_of(Organization)

ORGANIZATIONS = Source(Organization, OrganizationRow, organization_id=organizations.c.id)


async def organization_by_id(context: Context, keys: Sequence[Key]) -> list[OrganizationRow | None]:
    """The organization of each key, deleted or not."""
    return await rows_by_key(context, ORGANIZATIONS, keys)


async def any_organization(context: Context, ids: Sequence[UUID]) -> list[OrganizationRow | None]:
    """The organization of each id, deleted or not."""
    return await rows_by_id(context, ORGANIZATIONS, ids, "slug")


async def live_organization(context: Context, ids: Sequence[UUID]) -> list[OrganizationRow | None]:
    """The organization of each id, unless it is deleted."""
    return await live_rows(context, ORGANIZATIONS, ids, "slug")


async def organization_by_slug(context: Context, slugs: Sequence[str]) -> list[OrganizationRow | None]:
    """The organization of each slug: the live one, or else that of the caller's which was deleted last."""
    statement = _by_slug(context.columns(ORGANIZATIONS, "organization_id", "slug"))
    rows = await context.fetch(statement, {"slugs": list(slugs)})
    found = {row.slug: row for row in rows}
    return [found.get(slug) for slug in slugs]


@lru_cache(1000)
def _by_slug(columns: tuple[str, ...]) -> Statement[OrganizationRow]:
    """By the caller's organizations, and not by the slugs, which only live ones have to themselves."""
    return prepare(
        select(*(ORGANIZATIONS.columns[name].label(name) for name in columns))
        .where(organizations.c.slug == any_(bindparam("slugs", type_=ARRAY(Text))), scoped(ORGANIZATIONS))
        .order_by(organizations.c.deleted_at.nulls_last()),
        ORGANIZATIONS,
    )


def readable(context: Context, pages: list[Slice]) -> list[Slice]:
    """Pages of the caller's own lists: no object leads to their rows that the policy was asked about, so it is now."""
    return [replace(page, rows=[row for row in page.rows if can_read(context.actor, row)]) for page in pages]


async def organizations_of_actor(context: Context, actors: Sequence[Key], page: Page) -> list[Slice]:
    """A page of the caller's organizations.

    No object leads here that the policy was asked about, so that it is asked about these: before they are read, as
    their number would say of others what a filter finds.
    """
    own = [one for one in context.organization_ids if belongs_to(context.actor, one)]
    return await pages(context, ORGANIZATIONS, actors, page, by=None, among=own)
