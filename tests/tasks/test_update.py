"""Changing a task: only what is different is written and told, and nobody's change is overwritten unseen."""

import asyncio
from typing import Any

import asyncpg
import pytest

from app.db.columns import new_id
from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.log import events_of
from tests.unchanged import unchanged

UPDATE = """mutation ($id: ID!, $input: UpdateTaskInput!, $expected: Int) {
    updateTask(id: $id, input: $input, expectedVersion: $expected) {
        task {
            title description status completedAt priority estimate dueDate tags version assignee { id }
        }
        userErrors { code message path }
    }
}"""
FILL = """
UPDATE tasks SET description = 'd', status = 'DONE', completed_at = '2026-01-02T03:04:05Z', priority = 'LOW',
                 estimate = 3, due_date = '2026-05-06', tags = '{a,b}'
WHERE id = $1
"""
COLUMNS = "SELECT title, status, version, updated_at > created_at AS touched FROM tasks WHERE id = $1"


async def filled(superuser: "asyncpg.Connection[Any]") -> Tenant:
    """A tenant of two people whose first task has a value in every column."""
    tenant = await make_tenant(superuser, members=2)
    await superuser.execute(FILL, tenant.tasks[0])
    return tenant


async def test_all_fields_change_at_once(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await filled(superuser)
    given = {
        "title": " New ",
        "description": "e",
        "status": "TODO",
        "priority": "URGENT",
        "estimate": 0,
        "dueDate": "2027-01-01",
        "tags": ["c"],
        "assigneeId": str(tenant.team_members[1]),
    }

    data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.tasks[0]), input=given)

    assert data["updateTask"] == {
        "task": {
            "title": "New",
            "description": "e",
            "status": "TODO",
            "completedAt": None,
            "priority": "URGENT",
            "estimate": 0,
            "dueDate": "2027-01-01",
            "tags": ["c"],
            "version": 2,
            "assignee": {"id": str(tenant.team_members[1])},
        },
        "userErrors": [],
    }
    stored = await superuser.fetchrow(COLUMNS, tenant.tasks[0])
    assert tuple(stored or ()) == ("New", "TODO", 2, True)
    assert await events_of(superuser, tenant) == [
        {
            "type": "UPDATED",
            "subject_type": "Task",
            "subject_id": tenant.tasks[0],
            "actor_id": tenant.users[0],
            "changes": {
                "title": ["Task 1", "New"],
                "description": ["d", "e"],
                "status": ["DONE", "TODO"],
                "completed_at": ["2026-01-02T03:04:05+00:00", None],
                "priority": ["LOW", "URGENT"],
                "estimate": [3, 0],
                "due_date": ["2026-05-06", "2027-01-01"],
                "tags": [["a", "b"], ["c"]],
                "assignee_id": [str(tenant.team_members[0]), str(tenant.team_members[1])],
            },
        }
    ]


async def test_null_clears(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await filled(superuser)
    given = {"description": None, "estimate": None, "dueDate": None, "assigneeId": None}

    data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.tasks[0]), input=given)

    assert data["updateTask"]["task"] == {
        "title": "Task 1",
        "description": None,
        "status": "DONE",
        "completedAt": "2026-01-02T03:04:05Z",
        "priority": "LOW",
        "estimate": None,
        "dueDate": None,
        "tags": ["a", "b"],
        "version": 2,
        "assignee": None,
    }
    (event,) = await events_of(superuser, tenant)
    assert event["changes"] == {
        "description": ["d", None],
        "estimate": [3, None],
        "due_date": ["2026-05-06", None],
        "assignee_id": [str(tenant.team_members[0]), None],
    }


@pytest.mark.parametrize(
    "given", [{}, {"title": " Task 1", "status": "DONE", "tags": ["a", "b"]}, {"addTags": ["b"], "removeTags": ["z"]}]
)
async def test_nothing_different_is_nothing_written(
    api: Api, superuser: "asyncpg.Connection[Any]", given: dict[str, Any]
) -> None:
    tenant = await filled(superuser)

    async with unchanged(superuser, tenant):
        data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.tasks[0]), input=given)

    assert data["updateTask"]["task"]["version"] == 1
    assert data["updateTask"]["userErrors"] == []


async def test_done_is_completed_now(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)

    data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.tasks[0]), input={"status": "DONE"})

    completed_at = data["updateTask"]["task"]["completedAt"]
    recent = "SELECT completed_at BETWEEN now() - interval '1 minute' AND now() FROM tasks WHERE id = $1"
    assert await superuser.fetchval(recent, tenant.tasks[0])
    (event,) = await events_of(superuser, tenant)
    assert event["changes"] == {
        "status": ["TODO", "DONE"],
        "completed_at": [None, completed_at.replace("Z", "+00:00")],
    }


async def test_tags_are_removed_then_added(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await filled(superuser)
    given = {"addTags": [" c", "b", "c"], "removeTags": ["a ", "b", "nowhere"]}

    data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.tasks[0]), input=given)

    assert data["updateTask"]["task"]["tags"] == ["c", "b"]
    (event,) = await events_of(superuser, tenant)
    assert event["changes"] == {"tags": [["a", "b"], ["c", "b"]]}


async def test_absent_foreign_and_deleted_tasks_sound_alike(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, other = await make_tenant(superuser), await make_tenant(superuser)
    await superuser.execute("UPDATE tasks SET deleted_at = now() WHERE id = $1", tenant.tasks[0])

    async with unchanged(superuser, tenant, other):
        errors = [
            await api.error(UPDATE, who=tenant.owner, id=str(task_id), input={"title": ""})
            for task_id in (new_id(), other.tasks[0], tenant.tasks[0])
        ]

    assert [(error["message"], error["extensions"]["code"]) for error in errors] == [
        ("There is no such task.", "NOT_FOUND")
    ] * 3


async def test_version_that_no_longer_holds_shows_the_task(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    task_id = str(tenant.tasks[0])
    await api.data(UPDATE, who=tenant.owner, id=task_id, input={"title": "First"}, expected=1)

    async with unchanged(superuser, tenant):
        data = await api.data(UPDATE, who=tenant.owner, id=task_id, input={"title": "Second"}, expected=1)

    payload = data["updateTask"]
    assert (payload["task"]["title"], payload["task"]["version"]) == ("First", 2)
    assert payload["userErrors"] == [
        {
            "code": "CONFLICT",
            "message": "It has changed since: its version is 2, not 1. Look at it and try again.",
            "path": ["expectedVersion"],
        }
    ]


async def test_of_two_with_the_same_version_one_wins(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    task_id = str(tenant.tasks[0])

    bodies = await asyncio.gather(
        *(api.data(UPDATE, who=tenant.owner, id=task_id, input={"title": f"T{n}"}, expected=1) for n in range(2))
    )

    outcomes = [[error["code"] for error in body["updateTask"]["userErrors"]] for body in bodies]
    assert sorted(outcomes) == [[], ["CONFLICT"]]
    winner = f"T{outcomes.index([])}"
    stored = await superuser.fetchrow(COLUMNS, tenant.tasks[0])
    assert tuple(stored or ()) == (winner, "TODO", 2, True)
    assert [body["updateTask"]["task"]["title"] for body in bodies] == [winner, winner]
    assert len(await events_of(superuser, tenant)) == 1


async def test_no_tag_added_at_the_same_time_is_lost(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)

    await asyncio.gather(
        *(
            api.data(UPDATE, who=tenant.owner, id=str(tenant.tasks[0]), input={"addTags": [str(number)]})
            for number in range(8)
        )
    )

    stored = await superuser.fetchrow("SELECT tags, version FROM tasks WHERE id = $1", tenant.tasks[0])
    assert stored is not None
    assert sorted(stored["tags"]) == [str(number) for number in range(8)]
    assert stored["version"] == 9


async def test_each_payload_shows_its_own_moment(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    wanted = "{ task { title version team { tasks { nodes { title } } } } }"
    fields = [
        f'{name}: updateTask(id: "{tenant.tasks[0]}", input: {{title: "{name}"}}) {wanted}' for name in ("a", "b")
    ]

    data = await api.data(f"mutation {{ {' '.join(fields)} }}", who=tenant.owner)

    assert data == {
        name: {"task": {"title": name, "version": version, "team": {"tasks": {"nodes": [{"title": name}]}}}}
        for name, version in (("a", 2), ("b", 3))
    }
