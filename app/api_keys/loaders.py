"""Reading API keys."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, func, literal, select, true

from app.api_keys.models import ApiKey
from app.api_keys.rows import ApiKeyRow
from app.db.columns import now
from app.db.source import Source
from app.db.statement import Clause, statement, statement_of
from app.graph.context import Context
from app.graph.edges import ListOf
from app.graph.pages import pages
from app.graph.paging import DeletedScope, Order, Page, Slice
from app.graph.select import Key, rows_by_key, scoped
from app.writing.rows import of_ids

API_KEYS = Source(ApiKey, ApiKeyRow)
API_KEY_LIST = ListOf(API_KEYS, Order("created_at", descending=True), deletable=False)


async def api_key_by_id(context: Context, keys: Sequence[Key]) -> list[ApiKeyRow | None]:
    """The API key of each key, also one that has ended."""
    return await rows_by_key(context, API_KEYS, keys)


async def api_keys_by_organization(context: Context, organizations: Sequence[Key], page: Page) -> list[Slice]:
    """A page of each organization's API keys, also those that have ended."""
    every = replace(page, deleted=DeletedScope.INCLUDE)  # they are revoked, and never deleted
    return await pages(context, API_KEYS, organizations, every, by="organization_id")


async def api_key_for_update(context: Context, key_id: UUID) -> ApiKeyRow | None:
    """The whole row of an API key, locked until the commit; None where the caller has none."""
    rows = await context.fetch(_locked(), {"ids": [key_id]})
    return rows[0] if rows else None


async def working_api_keys(context: Context, organization_id: UUID, *, most: int) -> int:
    """How many API keys of the organization have not ended; no more than `most` are counted."""
    values = {"organization_id": organization_id, "moment": now(), "most": most}
    (row,) = await context.fetch(_working(), values)
    working: int = row["working"]
    return working


@statement
def _working() -> Clause:
    key = API_KEYS.table.c
    works = key.revoked_at.is_(None) & func.coalesce(
        key.expires_at > bindparam("moment", type_=key.expires_at.type), true()
    )
    of_organization = key.organization_id == bindparam("organization_id", type_=Uuid)
    found = select(literal(1)).where(scoped(API_KEYS), of_organization, works).limit(bindparam("most", type_=Integer))
    return select(func.count().label("working")).select_from(found.subquery())


@statement_of(API_KEYS)
def _locked() -> Clause:
    table = API_KEYS.table
    return of_ids(select(table).with_for_update(key_share=True), API_KEYS)
