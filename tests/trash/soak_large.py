"""An organization of 100,000 tasks is deleted, restored and purged; prints what it took. Run by `make soak-delete`."""

import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from app.config import Settings
from app.db.columns import now
from app.tasks.loaders import TASKS
from app.trash import delete
from app.trash.purge_job import sweep
from tests.api import SECRET, Api, serving
from tests.factories import Tenant, make_tenant

TASKS_IN_ALL = 100_000
FEW = 30  # statements of the whole operation, BEGIN and COMMIT included
WRITE = "mutation ($id: ID!) {{ {field}(id: $id) {{ {selected} userErrors {{ message }} }} }}"


@pytest.fixture
async def api(database: Any) -> AsyncIterator[Api]:
    settings = Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET))
    async with serving(settings) as api:
        yield api


async def test_an_organization_goes_and_comes_back_whole(
    api: Api, database: Any, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, members=20, teams=50, tasks=TASKS_IN_ALL // 1000)
    await superuser.execute("VACUUM ANALYZE")
    say(await explain(database, tenant))

    deleted = await timed(api, tenant, "deleteOrganization", "deletion { id counts { tasks } }")
    assert deleted["deletion"]["counts"] == {"tasks": TASKS_IN_ALL}
    assert len(api.statements) < FEW
    await timed(api, tenant, "restoreOrganization", "")
    assert len(api.statements) < FEW
    live = "SELECT count(*) FROM tasks WHERE organization_id = $1 AND deleted_at IS NULL"
    assert await superuser.fetchval(live, tenant.id) == TASKS_IN_ALL

    deleted = await timed(api, tenant, "deleteOrganization", "deletion { id }")
    purged = await timed(api, tenant, "purgeDeletion", "pending", id=deleted["deletion"]["id"])
    assert purged["pending"]
    started = time.perf_counter()
    assert (await sweep(api.database))["tasks"] == TASKS_IN_ALL
    say(f"sweep: {time.perf_counter() - started:.1f} s")


def say(line: str) -> None:
    print(line)  # noqa: T201  # what the run is for


async def timed(api: Api, tenant: Tenant, field: str, selected: str, **variables: Any) -> dict[str, Any]:
    """The payload, without mistakes; says how long it took."""
    started = time.perf_counter()
    variables = {"id": str(tenant.id), **variables}
    data = await api.data(WRITE.format(field=field, selected=selected), who=tenant.owner, **variables)
    say(f"{field}: {time.perf_counter() - started:.1f} s, {len(api.statements)} statements")
    payload: dict[str, Any] = data[field]
    assert payload["userErrors"] == []
    return payload


async def explain(database: Any, tenant: Tenant) -> str:
    """How PostgreSQL stamps the tasks of all teams, for the server's role; nothing of it stays."""
    statement = delete._stamp(TASKS.table, "team_id")
    given = {"organization_id": tenant.id, "ids": tenant.teams, "deletion_id": tenant.id, "deleted_at": now()}
    connection = await asyncpg.connect(database.runtime_url)
    transaction = connection.transaction()
    await transaction.start()
    await connection.fetchval("SELECT trellis_identify($1, NULL)", tenant.users[0])
    await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    plan = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {statement.text}", *statement.arguments(given))
    await transaction.rollback()
    await connection.close()
    return "\n".join(row[0] for row in plan)
