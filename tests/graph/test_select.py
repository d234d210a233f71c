"""Rows by key and by page, as loaders ask for them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from app.auth.actor import Actor
from app.db.identity import read_actor
from app.db.unit_of_work import Unit
from app.graph.context import Asked, Context
from app.graph.pages import pages
from app.graph.paging import Order, Page
from app.graph.select import Key, live_rows, rows_by_key
from app.tasks.loaders import TASKS
from tests.api import Api
from tests.factories import make_tenant

TITLE: Asked = {"Task": frozenset({"title"})}
BY_NUMBER = Page((Order("number", descending=False),), size=2)


@asynccontextmanager
async def reading(api: Api, user_id: UUID, asked: Asked = TITLE) -> AsyncIterator[Context]:
    """A context as a query of that user has it."""
    connection = await api.database.acquire()
    actor: Actor = await read_actor(connection, user_id)
    api.database.release(connection)
    unit = Unit(api.database, actor)
    await unit.begin()
    try:
        yield Context(unit, asked, retention=timedelta(days=30))
    finally:
        await unit.end()


async def test_keys_find_rows_in_their_order(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=2)
    one, two = (Key(tenant.id, task) for task in tenant.tasks)
    async with reading(api, tenant.users[0]) as context:
        rows = await rows_by_key(context, TASKS, [two, Key(tenant.id, tenant.id), one, two])

    assert [row and row["title"] for row in rows] == ["Task 2", None, "Task 1", "Task 2"]


async def test_a_key_of_another_organization_finds_nothing(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, other = await make_tenant(superuser), await make_tenant(superuser)
    keys = [Key(other.id, other.tasks[0]), Key(other.id, tenant.tasks[0]), Key(tenant.id, other.tasks[0])]
    async with reading(api, tenant.users[0]) as context:
        assert await rows_by_key(context, TASKS, keys) == [None, None, None]
        assert await live_rows(context, TASKS, [other.tasks[0]]) == [None]


async def test_a_deleted_row_is_found_by_its_key_but_is_not_live(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    (task,) = tenant.tasks
    await superuser.execute("UPDATE tasks SET deleted_at = now() WHERE id = $1", task)
    async with reading(api, tenant.users[0]) as context:
        (row,) = await rows_by_key(context, TASKS, [Key(tenant.id, task)])

        assert row is not None
        assert row.title == "Task 1"
        assert await live_rows(context, TASKS, [task]) == [None]


async def test_each_parent_has_a_page_of_its_own(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=2, tasks=3)
    parents = [Key(tenant.id, tenant.teams[1]), Key(tenant.id, tenant.id), Key(tenant.id, tenant.teams[0])]
    await superuser.execute("UPDATE tasks SET deleted_at = now() WHERE id = $1", tenant.tasks[0])
    async with reading(api, tenant.users[0]) as context:
        found = await pages(context, TASKS, parents, BY_NUMBER, by="team_id")

    assert [([row["title"] for row in one.rows], one.has_next, one.has_previous) for one in found] == [
        (["Task 1", "Task 2"], True, False),
        ([], False, False),
        (["Task 2", "Task 3"], False, False),
    ]


async def test_rows_have_the_columns_that_were_asked_for(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    async with reading(api, tenant.users[0]) as context:
        (row,) = await rows_by_key(context, TASKS, [Key(tenant.id, tenant.tasks[0])])

    assert row is not None
    assert set(row.keys()) - {"ordinal"} == {"organization_id", "id", "title"}
