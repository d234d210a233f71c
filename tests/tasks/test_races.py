"""Tasks under a team that somebody is deleting: either they are there before, or they are not made."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from tests.api import Api
from tests.conftest import Database
from tests.factories import make_tenant
from tests.locks import until_waiting
from tests.log import events_of

CREATE = """mutation ($team: ID!) { createTask(input: {teamId: $team, title: "A"}) {
    task { key } userErrors { code message path }
} }"""
MOVE = """mutation ($id: ID!, $team: ID!) { moveTask(id: $id, teamId: $team) {
    task { key } userErrors { code message path }
} }"""
DELETE_TEAM = "UPDATE teams SET deleted_at = now() WHERE id = $1"


@pytest.fixture
async def other(database: Database) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """A connection that deletes meanwhile."""
    connection = await asyncpg.connect(database.superuser_url)
    yield connection
    await connection.close()


async def test_team_deleted_meanwhile_takes_no_new_task(
    api: Api, superuser: "asyncpg.Connection[Any]", other: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    async with other.transaction():
        await other.execute(DELETE_TEAM, tenant.teams[0])
        creating = asyncio.create_task(api.data(CREATE, who=tenant.owner, team=str(tenant.teams[0])))
        await until_waiting(superuser)

    message = "The team has been deleted meanwhile."
    errors = [{"code": "PARENT_DELETED", "message": message, "path": ["input", "teamId"]}]
    assert (await creating)["createTask"] == {"task": None, "userErrors": errors}
    assert await superuser.fetchval("SELECT last_number FROM teams WHERE id = $1", tenant.teams[0]) == 1
    assert await events_of(superuser, tenant) == []


async def test_team_deleted_meanwhile_takes_no_moved_task(
    api: Api, superuser: "asyncpg.Connection[Any]", other: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, teams=2)
    async with other.transaction():
        await other.execute(DELETE_TEAM, tenant.teams[1])
        ids = {"id": str(tenant.tasks[0]), "team": str(tenant.teams[1])}
        moving = asyncio.create_task(api.data(MOVE, who=tenant.owner, **ids))
        await until_waiting(superuser)

    errors = [{"code": "PARENT_DELETED", "message": "The team is deleted: restore it first.", "path": ["teamId"]}]
    assert (await moving)["moveTask"] == {"task": None, "userErrors": errors}
    assert await superuser.fetchval("SELECT team_id FROM tasks WHERE id = $1", tenant.tasks[0]) == tenant.teams[0]
    assert await events_of(superuser, tenant) == []
