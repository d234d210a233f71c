"""Making a task: what it gets, what is told of it, and what is refused."""

from typing import Any

import asyncpg
import pytest

from tests.api import Api
from tests.factories import make_tenant
from tests.log import events_of
from tests.unchanged import unchanged

CREATE = """mutation ($input: CreateTaskInput!) { createTask(input: $input) {
    task {
        id key number title description status completed completedAt priority estimate dueDate tags version deletedAt
        team { key } organization { slug } assignee { id } creator { email }
    }
    userErrors { code message path }
} }"""
SHORT = "mutation ($input: CreateTaskInput!) { createTask(input: $input) { task { key } userErrors { code path } } }"
ROW = """
SELECT team_id, number, title, description, status, priority, estimate, due_date::text, tags, assignee_id, creator_id,
       completed_at, version, created_at = updated_at AS untouched, deleted_at
FROM tasks WHERE organization_id = $1 AND id = $2
"""


async def test_task_has_what_the_input_says(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    given = {
        "teamId": str(tenant.teams[0]),
        "title": " Write it down\n",
        "description": " as Markdown ",
        "status": "IN_REVIEW",
        "priority": "HIGH",
        "estimate": 0.1,
        "dueDate": "2026-12-31",
        "tags": ["b", " a", "b "],
        "assigneeId": str(tenant.team_members[1]),
    }

    payload = (await api.data(CREATE, who=tenant.owner, input=given))["createTask"]

    task_id = payload["task"].pop("id")
    assert payload == {
        "task": {
            "key": "T1-3",
            "number": 3,
            "title": "Write it down",
            "description": "as Markdown",
            "status": "IN_REVIEW",
            "completed": False,
            "completedAt": None,
            "priority": "HIGH",
            "estimate": 0.1,
            "dueDate": "2026-12-31",
            "tags": ["b", "a"],
            "version": 1,
            "deletedAt": None,
            "team": {"key": "T1"},
            "organization": {"slug": tenant.slug},
            "assignee": {"id": str(tenant.team_members[1])},
            "creator": {"email": tenant.owner},
        },
        "userErrors": [],
    }
    assert dict(await superuser.fetchrow(ROW, tenant.id, task_id) or {}) == {
        "team_id": tenant.teams[0],
        "number": 3,
        "title": "Write it down",
        "description": "as Markdown",
        "status": "IN_REVIEW",
        "priority": "HIGH",
        "estimate": 0.1,
        "due_date": "2026-12-31",
        "tags": ["b", "a"],
        "assignee_id": tenant.team_members[1],
        "creator_id": tenant.users[0],
        "completed_at": None,
        "version": 1,
        "untouched": True,
        "deleted_at": None,
    }
    (event,) = await events_of(superuser, tenant)
    assert str(event.pop("subject_id")) == task_id
    assert event == {
        "type": "CREATED",
        "subject_type": "Task",
        "actor_id": tenant.users[0],
        "changes": {
            "team_id": [None, str(tenant.teams[0])],
            "number": [None, 3],
            "title": [None, "Write it down"],
            "description": [None, "as Markdown"],
            "status": [None, "IN_REVIEW"],
            "priority": [None, "HIGH"],
            "estimate": [None, 0.1],
            "due_date": [None, "2026-12-31"],
            "tags": [None, ["b", "a"]],
            "assignee_id": [None, str(tenant.team_members[1])],
        },
    }


async def test_title_is_enough(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=0)
    given = {"teamId": str(tenant.teams[0]), "title": "A", "description": " ", "dueDate": None, "assigneeId": None}

    task = (await api.data(CREATE, who=tenant.owner, input=given))["createTask"]["task"]

    assert {
        name: task[name] for name in ("key", "description", "status", "priority", "estimate", "dueDate", "tags")
    } == {
        "key": "T1-1",
        "description": None,
        "status": "TODO",
        "priority": "NONE",
        "estimate": None,
        "dueDate": None,
        "tags": [],
    }
    (event,) = await events_of(superuser, tenant)
    assert event["changes"] == {
        "team_id": [None, str(tenant.teams[0])],
        "number": [None, 1],
        "title": [None, "A"],
        "status": [None, "TODO"],
        "priority": [None, "NONE"],
        "tags": [None, []],
    }


async def test_task_that_is_done_was_completed_now(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    given = {"teamId": str(tenant.teams[0]), "title": "A", "status": "DONE"}

    task = (await api.data(CREATE, who=tenant.owner, input=given))["createTask"]["task"]

    assert task["completed"] is True
    stored = "SELECT completed_at BETWEEN now() - interval '1 minute' AND now() FROM tasks WHERE id = $1"
    assert await superuser.fetchval(stored, task["id"])
    (event,) = await events_of(superuser, tenant)
    assert event["changes"]["completed_at"] == [None, task["completedAt"].replace("Z", "+00:00")]


async def test_viewer_hears_why_not(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    await superuser.execute("UPDATE team_members SET role = 'VIEWER' WHERE id = $1", tenant.team_members[1])
    viewer = tenant.owner.replace("person1", "person2")

    async with unchanged(superuser, tenant):
        error = await api.error(SHORT, who=viewer, input={"teamId": str(tenant.teams[0]), "title": ""})

    assert error["extensions"]["code"] == "FORBIDDEN"
    assert error["message"] == "You only read in this team: ask one of its admins to make you a member."


@pytest.mark.parametrize("argument", ["teamId", "assigneeId"])
async def test_what_is_no_id_is_named(api: Api, superuser: "asyncpg.Connection[Any]", argument: str) -> None:
    tenant = await make_tenant(superuser)
    given = {"teamId": str(tenant.teams[0]), "title": "A", argument: ""}

    async with unchanged(superuser, tenant):
        error = await api.error(SHORT, who=tenant.owner, input=given)

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith(f"`input.{argument}` is not an id")


async def test_failing_field_undoes_only_itself(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, other = await make_tenant(superuser), await make_tenant(superuser)
    wanted = "task { key title } userErrors { code }"
    fields = [
        f'{name}: createTask(input: {{teamId: "{team}", title: "{name}"}}) {{ {wanted} }}'
        for name, team in (("a", tenant.teams[0]), ("b", other.teams[0]), ("c", tenant.teams[0]))
    ]

    data = await api.data(f"mutation {{ {' '.join(fields)} }}", who=tenant.owner)

    assert data == {
        "a": {"task": {"key": "T1-2", "title": "a"}, "userErrors": []},
        "b": {"task": None, "userErrors": [{"code": "NOT_FOUND"}]},
        "c": {"task": {"key": "T1-3", "title": "c"}, "userErrors": []},
    }
    created = [event["changes"]["title"][1] for event in await events_of(superuser, tenant)]
    assert created == ["a", "c"]
    assert await events_of(superuser, other) == []
