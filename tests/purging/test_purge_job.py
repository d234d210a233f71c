"""The purge that a server does beside answering."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from app.config import Settings
from app.purging import purge_job
from tests.api import SECRET, serving
from tests.factories import make_tenant

DUE = """
INSERT INTO deletions (organization_id, id, subject_type, subject_ids, deleted_at, purge_at)
VALUES ($1, $2, 'Task', ARRAY[$3::uuid], now(), now())
"""
STAMP = "UPDATE tasks SET deleted_at = now(), deletion_id = $2 WHERE id = $1"


async def test_the_purge_takes_no_connection_from_those_who_ask(
    new_database: Callable[[], Awaitable[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge_job, "FIRST_PAUSE", 0.0)
    database = await new_database()
    superuser = await asyncpg.connect(database.superuser_url)
    tenant = await make_tenant(superuser)
    await superuser.execute(DUE, tenant.id, tenant.users[0], tenant.tasks[0])  # any id will do for the deletion
    await superuser.execute(STAMP, tenant.tasks[0], tenant.users[0])

    settings = Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET), pool_size=1)
    async with serving(settings) as api:
        only = await api.database.acquire()
        async with asyncio.timeout(5):
            while await superuser.fetchval("SELECT EXISTS (SELECT FROM tasks)"):  # noqa: ASYNC110  # nobody tells of it
                await asyncio.sleep(0.01)
        api.database.release(only)

    assert api.statements == []
    await superuser.close()
