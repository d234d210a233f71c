"""Requests that take too long: refused, undone, and nothing of them left running."""

import asyncio
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from app.config import Settings
from tests.api import SECRET, serving
from tests.conftest import Database
from tests.factories import make_tenant
from tests.unforeseen import nothing_unforeseen

RUNNING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND usename = 'trellis' AND state <> 'idle'
"""


@pytest.mark.parametrize(
    "document",
    [
        "query ($id: ID!) { team(id: $id) { tasks { nodes { title } } } }",
        'mutation ($id: ID!) { updateTask(id: $id, input: {title: "late"}) { task { id } } }',
    ],
)
async def test_what_waits_too_long_is_undone(
    database: Database, superuser: "asyncpg.Connection[Any]", document: str
) -> None:
    tenant = await make_tenant(superuser)
    asked = (
        tenant.teams[0]
        if document.startswith("query")
        else await superuser.fetchval("SELECT id FROM tasks WHERE organization_id = $1 LIMIT 1", tenant.id)
    )
    settings = Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET), request_timeout=0.3)
    async with nothing_unforeseen(), serving(settings) as api, superuser.transaction():
        await api.data("{ viewer { user { id } } }", who=tenant.owner)
        await superuser.execute("LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE")

        response = await api.send(document, who=tenant.owner, id=str(asked))

        assert response.status_code == 503
        assert response.json()["errors"] == [
            {
                "message": "The request took too long and was undone: ask for less, or try again.",
                "extensions": {"code": "TIMEOUT"},
            }
        ]
        # What was cancelled is undone behind the answer.
        async with asyncio.timeout(2):
            while (  # noqa: ASYNC110  # PostgreSQL sets no event of ours
                await superuser.fetchval(RUNNING) or api.database.busy
            ):
                await asyncio.sleep(0.01)
