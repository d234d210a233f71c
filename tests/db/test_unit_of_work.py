"""One operation's transaction: its snapshot, its identity, its connection."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.auth.actor import Actor
from app.db.engine import DatabaseUnavailable
from app.db.identity import read_actor
from app.db.statement import Statement
from app.db.unit_of_work import Unit
from tests.api import Api
from tests.factories import make_tenant
from tests.locks import held_by_requests

TITLES = Statement("SELECT title FROM tasks ORDER BY id", (), {})
IDENTITY = Statement("SELECT current_setting('app.actor_id', true) AS actor_id", (), {})
NAP = Statement("SELECT pg_sleep(0.05)", (), {})
WRITE = Statement("UPDATE tasks SET title = 'Changed'", (), {})


async def unit_of(api: Api, user_id: UUID) -> Unit:
    """A query's transaction, begun."""
    connection = await api.database.acquire()
    actor: Actor = await read_actor(connection, user_id)
    api.database.release(connection)
    unit = Unit(api.database, actor)
    await unit.begin()
    return unit


async def test_a_query_reads_as_of_one_moment(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    unit = await unit_of(api, tenant.users[0])
    await superuser.execute("UPDATE tasks SET title = 'Changed' WHERE id = $1", tenant.tasks[0])
    during = await unit.fetch(TITLES, {})
    await unit.end()
    later = await unit_of(api, tenant.users[0])
    after = await later.fetch(TITLES, {})
    await later.end()

    assert ([row["title"] for row in during], [row["title"] for row in after]) == (["Task 1"], ["Changed"])


async def test_a_query_cannot_write(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    unit = await unit_of(api, tenant.users[0])
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await unit.fetch(WRITE, {})
    await unit.end()

    assert await superuser.fetchval("SELECT title FROM tasks WHERE id = $1", tenant.tasks[0]) == "Task 1"


async def test_siblings_take_turns_on_the_connection(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    unit = await unit_of(api, tenant.users[0])
    answers = await asyncio.gather(*(unit.fetch(statement, {}) for statement in (NAP, TITLES, NAP, IDENTITY)))
    await unit.end()

    assert [len(rows) for rows in answers] == [1, 1, 1, 1]
    assert (unit.statements, unit.rows) == (5, 4)  # with the one that began


async def test_nothing_of_the_identity_is_left_on_the_connection(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    unit = await unit_of(api, tenant.users[0])
    (during,) = await unit.fetch(IDENTITY, {})
    await unit.end()
    connection = await api.database.acquire()
    after = await connection.fetchval(IDENTITY.text)
    seen = await connection.fetch(TITLES.text)
    api.database.release(connection)

    assert (during["actor_id"], after, seen) == (str(tenant.users[0]), "", [])


async def test_a_unit_that_has_ended_reads_nothing(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    unit = await unit_of(api, tenant.users[0])
    await unit.end()
    await unit.end()

    with pytest.raises(DatabaseUnavailable, match="not open"):
        await unit.fetch(TITLES, {})
    assert held_by_requests(api.database) == 0


async def test_a_read_that_is_broken_off_leaves_the_connection_usable(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    unit = await unit_of(api, tenant.users[0])
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await unit.fetch(NAP, {})
    await unit.end()
    other = await unit_of(api, tenant.users[0])
    rows = await other.fetch(TITLES, {})
    await other.end()

    assert [row["title"] for row in rows] == ["Task 1"]
    assert held_by_requests(api.database) == 0


async def test_roles_that_have_changed_are_known_when_it_begins(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    unit = await unit_of(api, tenant.users[0])
    await unit.end()
    await superuser.execute("UPDATE organization_members SET role = 'ADMIN' WHERE id = $1", tenant.members[0])
    again = Unit(api.database, unit.actor)
    await again.begin()
    await again.end()

    assert (unit.actor.roles, again.actor.roles) == ({tenant.id: "OWNER"}, {tenant.id: "ADMIN"})
