"""The wall around the worker: it sees the queue of all, and the texts of the one organization that it is in."""

from typing import Any

import asyncpg
import pytest

from tests.factories import Tenant
from tests.tables import make_full_tenant

OF_ORGANIZATIONS = ("tasks", "teams", "search_texts", "embeddings", "events")


@pytest.fixture
async def tenants(superuser: "asyncpg.Connection[Any]") -> tuple[Tenant, Tenant]:
    return await make_full_tenant(superuser), await make_full_tenant(superuser)


async def test_outside_of_an_organization_it_sees_the_queue_and_no_text(
    runtime: "asyncpg.Connection[Any]", tenants: tuple[Tenant, Tenant]
) -> None:
    await runtime.execute("SELECT trellis_embed(NULL)")

    queued = {row["organization_id"] for row in await runtime.fetch("SELECT organization_id FROM embedding_jobs")}
    assert queued >= {tenant.id for tenant in tenants}
    assert [await runtime.fetchval(f"SELECT count(*) FROM {table}") for table in OF_ORGANIZATIONS] == [0] * 5
    assert await runtime.execute("DELETE FROM embedding_jobs") == "DELETE 0"


async def test_in_an_organization_it_sees_that_one(
    runtime: "asyncpg.Connection[Any]", tenants: tuple[Tenant, Tenant]
) -> None:
    mine, theirs = tenants
    await runtime.execute("SELECT trellis_embed($1)", mine.id)

    for table in OF_ORGANIZATIONS:
        seen = await runtime.fetch(f"SELECT DISTINCT organization_id FROM {table}")
        assert [row["organization_id"] for row in seen] == [mine.id]
    removed = await runtime.execute("DELETE FROM embedding_jobs WHERE organization_id = $1", theirs.id)
    assert removed == "DELETE 0"


async def test_embeddings_of_a_model_that_stays_cannot_be_removed(
    runtime: "asyncpg.Connection[Any]", tenants: tuple[Tenant, Tenant]
) -> None:
    await runtime.execute("SELECT trellis_embed($1)", tenants[0].id)
    assert await runtime.execute("DELETE FROM embeddings") == "DELETE 0"


@pytest.mark.parametrize(
    "statement",
    ["UPDATE embedding_models SET state = 'retiring'", "DELETE FROM embedding_models", "DELETE FROM search_texts"],
)
async def test_models_and_texts_are_not_the_servers_to_remove(
    runtime: "asyncpg.Connection[Any]", statement: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await runtime.execute(statement)
