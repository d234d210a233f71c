"""Finding a task, and what it shows."""

from datetime import date
from typing import Any

import asyncpg
import pytest

from tests.api import Api
from tests.factories import Tenant, make_tenant

BY_KEY = "query ($slug: String!, $key: String!) { task(by: {key: {organizationSlug: $slug, key: $key}}) { title } }"
CHANGE = """
UPDATE tasks SET description = 'Long', status = 'DONE', completed_at = '2026-01-02T03:04:05.678901Z', priority = 'HIGH',
                 estimate = 1.5, due_date = '2026-02-28', tags = '{one,two}' WHERE id = $1
"""


async def title_of(api: Api, tenant: Tenant, key: str) -> Any:
    task = (await api.data(BY_KEY, who=tenant.owner, slug=tenant.slug, key=key))["task"]
    return task and task["title"]


async def test_a_task_shows_all_that_it_has(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await superuser.execute(CHANGE, tenant.tasks[0])
    query = """query ($id: ID!) { task(by: {id: $id}) {
        id key number title description status completed completedAt priority estimate dueDate tags version deletedAt
        organization { slug } team { key } assignee { id } creator { id }
    } }"""

    assert await api.data(query, who=tenant.owner, id=str(tenant.tasks[0])) == {
        "task": {
            "id": str(tenant.tasks[0]),
            "key": "T1-1",
            "number": 1,
            "title": "Task 1",
            "description": "Long",
            "status": "DONE",
            "completed": True,
            "completedAt": "2026-01-02T03:04:05.678901Z",
            "priority": "HIGH",
            "estimate": 1.5,
            "dueDate": "2026-02-28",
            "tags": ["one", "two"],
            "version": 1,
            "deletedAt": None,
            "organization": {"slug": tenant.slug},
            "team": {"key": "T1"},
            "assignee": {"id": str(tenant.team_members[0])},
            "creator": {"id": str(tenant.users[0])},
        }
    }


@pytest.mark.parametrize("key", ["T2-1", "t2-1", "T2-0001"])
async def test_a_key_finds_its_task(api: Api, superuser: "asyncpg.Connection[Any]", key: str) -> None:
    tenant = await make_tenant(superuser, teams=2)
    await superuser.execute("UPDATE tasks SET title = 'Mine' WHERE id = $1", tenant.tasks[1])

    assert await title_of(api, tenant, key) == "Mine"


@pytest.mark.parametrize("key", ["T1-2", "T3-1", "T1-0"])
async def test_a_key_of_no_task_finds_none(api: Api, superuser: "asyncpg.Connection[Any]", key: str) -> None:
    tenant = await make_tenant(superuser, teams=2)

    assert await title_of(api, tenant, key) is None


async def test_a_former_key_finds_its_task_until_another_has_it(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=2)
    await superuser.executemany(
        "INSERT INTO former_task_keys (organization_id, key, task_id, created_at) VALUES ($1, $2, $3, now())",
        [(tenant.id, key, tenant.tasks[0]) for key in ("OLD-7", "T1-2")],
    )

    assert await title_of(api, tenant, "OLD-7") == "Task 1"
    assert await title_of(api, tenant, "T1-2") == "Task 2"


async def test_a_deleted_task_is_found_by_its_key(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await superuser.execute("UPDATE tasks SET deleted_at = now() WHERE id = $1", tenant.tasks[0])

    assert await title_of(api, tenant, "T1-1") == "Task 1"


async def test_a_deleted_task_hides_no_live_one_that_had_its_key(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    """Both moved away; then the team's key became another team's, which has a task of that number as well."""
    tenant = await make_tenant(superuser, teams=2, tasks=3)
    lives, moved_later, has = tenant.tasks[1], tenant.tasks[2], tenant.tasks[0]
    await superuser.executemany("UPDATE tasks SET title = $2 WHERE id = $1", [(lives, "Lives"), (has, "Has it")])
    keep = "INSERT INTO former_task_keys (organization_id, key, task_id, created_at) VALUES ($1, 'T1-1', $2, $3::date)"
    await superuser.executemany(
        keep, [(tenant.id, lives, date(2026, 1, 1)), (tenant.id, moved_later, date(2026, 1, 2))]
    )
    delete = "UPDATE tasks SET deleted_at = now() WHERE id = $1"

    found = [await title_of(api, tenant, "T1-1")]
    for task_id in (has, moved_later, lives):
        await superuser.execute(delete, task_id)
        found.append(await title_of(api, tenant, "T1-1"))

    assert found == ["Has it", "Task 3", "Lives", "Has it"]


async def test_a_moved_task_is_found_when_the_new_bearer_of_its_key_is_deleted(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, teams=2, tasks=1)
    ids = {"task": str(tenant.tasks[0]), "team": str(tenant.teams[0]), "other": str(tenant.teams[1])}
    await api.data(
        "mutation ($task: ID!, $other: ID!) { moveTask(id: $task, teamId: $other) { task { key } } }",
        who=tenant.owner,
        task=ids["task"],
        other=ids["other"],
    )
    await api.data("mutation ($team: ID!) { deleteTeam(id: $team) { deletedIds } }", who=tenant.owner, team=ids["team"])
    made = await api.data(
        """mutation ($id: ID!) { createTeam(input: {organizationId: $id, key: "T1", name: "New"}) { team { id } } }""",
        who=tenant.owner,
        id=str(tenant.id),
    )
    new = await api.data(
        """mutation ($id: ID!) { createTask(input: {teamId: $id, title: "New"}) { task { id key } } }""",
        who=tenant.owner,
        id=made["createTeam"]["team"]["id"],
    )
    assert new["createTask"]["task"]["key"] == "T1-1"
    assert await title_of(api, tenant, "T1-1") == "New"

    await api.data(
        "mutation ($id: ID!) { deleteTask(id: $id) { deletedIds } }",
        who=tenant.owner,
        id=new["createTask"]["task"]["id"],
    )

    assert await title_of(api, tenant, "T1-1") == "Task 1"


async def test_a_task_of_a_deleted_organization_is_found_by_its_key(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    document = "mutation ($id: ID!) { deleteOrganization(id: $id) { deletedIds } }"
    await api.data(document, who=tenant.owner, id=str(tenant.id))

    assert await title_of(api, tenant, "T1-1") == "Task 1"


async def test_an_assignee_who_left_is_still_shown(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await superuser.execute("UPDATE team_members SET deleted_at = now() WHERE id = $1", tenant.team_members[0])
    query = "query ($id: ID!) { task(by: {id: $id}) { assignee { role user { name } } } }"

    assert await api.data(query, who=tenant.owner, id=str(tenant.tasks[0])) == {
        "task": {"assignee": {"role": "ADMIN", "user": {"name": "Person 1"}}}
    }


async def test_tasks_without_an_assignee_are_what_any_assignee_leaves_out(api: Api, superuser: Any) -> None:
    tenant = await make_tenant(superuser, tasks=3)
    await superuser.execute("UPDATE tasks SET assignee_id = NULL WHERE id = $1", tenant.tasks[1])
    query = """query ($id: ID!) { team(id: $id) { tasks(filter: {not: {assignee: {}}}) { nodes { id } } } }"""

    answer = await api.data(query, who=tenant.owner, id=str(tenant.teams[0]))

    assert answer["team"]["tasks"]["nodes"] == [{"id": str(tenant.tasks[1])}]
