"""Choosing and sorting tasks as front ends do: my work, by number and text, and what people want first."""

from typing import Any

import asyncpg
import pytest

from tests.api import Api
from tests.factories import Tenant, make_tenant

LIST = """query ($id: ID!, $filter: TaskFilter, $order: [TaskOrder!], $deleted: DeletedScope! = EXCLUDE) {
    organization(by: {id: $id}) { tasks(filter: $filter, orderBy: $order, deleted: $deleted) { nodes { title } } }
}"""


async def titles(api: Api, tenant: Tenant, *, who: str | None = None, **given: Any) -> list[str]:
    data = await api.data(LIST, who=who or tenant.owner, id=str(tenant.id), **given)
    return [task["title"] for task in data["organization"]["tasks"]["nodes"]]


async def test_my_tasks_are_mine_whoever_asks(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    await superuser.execute("UPDATE tasks SET title = 'Other' WHERE id = $1", tenant.tasks[1])
    mine = {"assignee": {"user": {"isMe": True}}}

    assert await titles(api, tenant, filter=mine) == ["Task 1"]
    assert await titles(api, tenant, filter=mine, who=tenant.owner.replace("person1", "person2")) == ["Other"]
    assert await titles(api, tenant, filter={"assignee": {"user": {"isMe": False}}}) == ["Other"]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"number": {"lte": 2}}, ["Task 2", "Task 1"]),
        ({"number": {"in": [1, 3]}}, ["Task 3", "Task 1"]),
        ({"key": {"eq": "T1-2"}}, ["Task 2"]),
        ({"key": {"eq": "t1-2"}}, ["Task 2"]),
        ({"key": {"eq": "T1-02"}}, []),
        ({"key": {"eq": "no key"}}, []),
        ({"key": {"in": []}}, []),
        ({"key": {"in": ["T1-3", "T1-1", "T1-4", "T2-2", "", "T1-99999999999"]}}, ["Task 3", "Task 1"]),
        ({"key": {"in": ["T1-3", "T1-1"], "eq": "T1-3"}}, ["Task 3"]),
        ({"key": {"ne": "T1-2"}}, ["Task 3", "Task 1"]),
        ({"key": {"notIn": ["T1-2", "no key"]}}, ["Task 3", "Task 1"]),
        ({"not": {"key": {"eq": "T1-2"}}}, ["Task 3", "Task 1"]),
        ({"or": [{"key": {"eq": "T1-2"}}, {"number": {"eq": 3}}]}, ["Task 3", "Task 2"]),
        ({"key": {"startsWith": "t1-"}}, ["Task 3", "Task 2", "Task 1"]),
        ({"description": {"contains": "LONG"}}, ["Task 2"]),
        ({"description": {"isNull": True}}, ["Task 3", "Task 1"]),
    ],
)
async def test_by_number_key_and_description(
    api: Api, superuser: "asyncpg.Connection[Any]", condition: dict[str, Any], found: list[str]
) -> None:
    tenant = await make_tenant(superuser, tasks=3)
    await superuser.execute("UPDATE tasks SET description = 'A long text' WHERE id = $1", tenant.tasks[1])
    assert await titles(api, tenant, filter=condition) == found


async def test_a_search_among_keys(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=0)
    create = "mutation ($id: ID!, $t: String!) { createTask(input: {teamId: $id, title: $t}) { task { key } } }"
    for title in ("Alpha one", "Alpha two", "Beta"):
        await api.data(create, who=tenant.owner, id=str(tenant.teams[0]), t=title)
    search = """query ($id: ID!, $filter: TaskFilter) {
        searchTasks(organizationId: $id, query: "alpha", mode: FULL_TEXT, filter: $filter) { nodes { title } } }"""
    keys = {"key": {"in": ["T1-2", "T1-3", "T2-1"]}}
    found = await api.data(search, who=tenant.owner, id=str(tenant.id), filter=keys)
    assert found["searchTasks"]["nodes"] == [{"title": "Alpha two"}]


async def test_keys_are_of_one_team_each(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=2, tasks=2)
    found = await titles(api, tenant, filter={"key": {"in": ["T1-2", "T2-1"]}}, order={"field": "NUMBER"})
    assert found == ["Task 1", "Task 2"]


async def test_tasks_of_a_deleted_team_are_found_by_its_key(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=2)
    delete = "mutation ($id: ID!) { deleteTeam(id: $id) { deletedIds } }"
    await api.data(delete, who=tenant.owner, id=str(tenant.teams[0]))
    key = {"key": {"eq": "T1-2"}}
    assert [await titles(api, tenant, filter=key, deleted=scope) for scope in ("EXCLUDE", "ONLY")] == [[], ["Task 2"]]


async def test_by_when_they_were_deleted(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=2)
    await superuser.execute("UPDATE tasks SET deleted_at = '2026-01-02' WHERE id = $1", tenant.tasks[0])
    await superuser.execute("UPDATE tasks SET deleted_at = '2026-01-04' WHERE id = $1", tenant.tasks[1])
    since = {"deletedAt": {"gte": "2026-01-03T00:00:00Z"}}
    assert await titles(api, tenant, filter=since, deleted="ONLY") == ["Task 2"]


@pytest.mark.parametrize("direction", [{}, {"direction": None}])
@pytest.mark.parametrize(
    ("field", "first"),
    [
        ("PRIORITY", ["Task 2", "Task 3", "Task 1"]),
        ("DUE_DATE", ["Task 3", "Task 2", "Task 1"]),
        ("NUMBER", ["Task 1", "Task 2", "Task 3"]),
        ("CREATED_AT", ["Task 3", "Task 2", "Task 1"]),
    ],
)
async def test_what_people_want_first_comes_first(
    api: Api, superuser: "asyncpg.Connection[Any]", field: str, first: list[str], direction: dict[str, Any]
) -> None:
    """The most urgent, the next due with no date last, the newest."""
    tenant = await make_tenant(superuser, tasks=3)
    await superuser.execute(
        "UPDATE tasks SET priority = 'URGENT', due_date = '2026-02-02' WHERE id = $1", tenant.tasks[1]
    )
    await superuser.execute("UPDATE tasks SET priority = 'LOW', due_date = '2026-02-01' WHERE id = $1", tenant.tasks[2])

    assert await titles(api, tenant, order={"field": field, **direction}) == first
    assert await titles(api, tenant, order={"field": "PRIORITY", "direction": "DESC"}) == ["Task 1", "Task 3", "Task 2"]
