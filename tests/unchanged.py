"""Shows that a refusal changed nothing: every row of an organization, before and after."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from tests.factories import Tenant
from tests.tables import TABLES, owner_column, owner_of

# What workers write when they come to it.
BEHIND = {"embeddings", "embedding_jobs", "search_words", "search_word_totals"}


@asynccontextmanager
async def unchanged(superuser: "asyncpg.Connection[Any]", *tenants: Tenant) -> AsyncIterator[None]:
    """What the block does leaves every row of the tenants as it was, and no event behind."""
    before = [await _everything(superuser, tenant) for tenant in tenants]
    yield
    assert [await _everything(superuser, tenant) for tenant in tenants] == before


async def _everything(superuser: "asyncpg.Connection[Any]", tenant: Tenant) -> dict[str, list[str]]:
    return {
        table.name: await superuser.fetchval(
            f"SELECT array_agg(t::text ORDER BY t::text) FROM {table.name} AS t WHERE {owner_column(table)} = $1",
            owner_of(table, tenant),
        )
        for table in TABLES
        if table.name not in BEHIND
    }
