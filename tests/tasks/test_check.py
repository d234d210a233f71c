"""What inputs of tasks may say: limits, and each mistake with its place."""

from typing import Any

import asyncpg
import pytest

from app.db.columns import new_id
from tests.api import Api
from tests.factories import make_tenant
from tests.unchanged import unchanged

CREATE = """mutation ($input: CreateTaskInput!) { createTask(input: $input) {
    task { title description estimate tags } userErrors { code path }
} }"""
UPDATE = """mutation ($id: ID!, $input: UpdateTaskInput!) { updateTask(id: $id, input: $input) {
    task { title description estimate tags } userErrors { code path }
} }"""

LONGEST = {
    "title": "t" * 200,
    "description": "d" * 65_536,
    "estimate": 1_000_000,
    "tags": [f"{place:050}" for place in range(20)],
}
REFUSED = [
    ({"title": " \t\n"}, "BLANK", ["title"]),
    ({"title": "\u200b\u2800\u3164\ufeff\u202e"}, "BLANK", ["title"]),
    ({"title": "t" * 201}, "TOO_LONG", ["title"]),
    ({"description": "d" * 65_537}, "TOO_LONG", ["description"]),
    ({"estimate": -0.5}, "INVALID", ["estimate"]),
    ({"estimate": 1_000_000.5}, "INVALID", ["estimate"]),
    ({"dueDate": "0001-01-01"}, "INVALID", ["dueDate"]),
    ({"dueDate": "9999-12-31"}, "INVALID", ["dueDate"]),
    ({"tags": ["a", " "]}, "BLANK", ["tags", "1"]),
    ({"tags": ["a", "\u2060"]}, "BLANK", ["tags", "1"]),
    ({"tags": ["a", "t" * 51]}, "TOO_LONG", ["tags", "1"]),
    ({"tags": [str(number) for number in range(21)]}, "TOO_LONG", ["tags"]),
]
REFUSED_UPDATES = [
    ({"title": None}, "INVALID", ["title"]),
    ({"status": None}, "INVALID", ["status"]),
    ({"priority": None}, "INVALID", ["priority"]),
    ({"tags": None}, "INVALID", ["tags"]),
    ({"addTags": None}, "INVALID", ["addTags"]),
    ({"removeTags": None}, "INVALID", ["removeTags"]),
    ({"addTags": ["a", ""]}, "BLANK", ["addTags", "1"]),
    ({"tags": ["a"], "addTags": ["b"]}, "INVALID", ["tags"]),
    ({"tags": [], "removeTags": ["b"]}, "INVALID", ["tags"]),
]


async def test_limits_are_within(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)

    data = await api.data(CREATE, who=tenant.owner, input={"teamId": str(tenant.teams[0]), **LONGEST})

    assert data["createTask"] == {"task": LONGEST, "userErrors": []}


@pytest.mark.parametrize(("wrong", "code", "path"), REFUSED)
async def test_mistake_is_told_with_its_place(
    api: Api, superuser: "asyncpg.Connection[Any]", wrong: dict[str, Any], code: str, path: list[str]
) -> None:
    tenant = await make_tenant(superuser)
    given = {"teamId": str(tenant.teams[0]), "title": "A", **wrong}

    async with unchanged(superuser, tenant):
        data = await api.data(CREATE, who=tenant.owner, input=given)

    assert data["createTask"] == {"task": None, "userErrors": [{"code": code, "path": ["input", *path]}]}


async def test_all_mistakes_are_told_at_once(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    given = {"teamId": str(new_id()), "title": "", "estimate": -1, "tags": [""], "description": "d" * 65_537}

    async with unchanged(superuser, tenant):
        data = await api.data(CREATE, who=tenant.owner, input=given)

    assert {error["path"][1]: error["code"] for error in data["createTask"]["userErrors"]} == {
        "title": "BLANK",
        "description": "TOO_LONG",
        "estimate": "INVALID",
        "tags": "BLANK",
        "teamId": "NOT_FOUND",
    }


@pytest.mark.parametrize(("wrong", "code", "path"), [*REFUSED, *REFUSED_UPDATES])
async def test_mistake_in_an_update_changes_nothing(
    api: Api, superuser: "asyncpg.Connection[Any]", wrong: dict[str, Any], code: str, path: list[str]
) -> None:
    tenant = await make_tenant(superuser)

    async with unchanged(superuser, tenant):
        data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.tasks[0]), input={"priority": "LOW", **wrong})

    assert data["updateTask"] == {"task": None, "userErrors": [{"code": code, "path": ["input", *path]}]}


async def test_added_tags_must_fit_beside_the_others(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    few = [str(number) for number in range(19)]
    await superuser.execute("UPDATE tasks SET tags = $2 WHERE id = $1", tenant.tasks[0], few)

    async with unchanged(superuser, tenant):
        data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.tasks[0]), input={"addTags": ["18", "19", "20"]})

    errors = [{"code": "TOO_LONG", "path": ["input", "addTags"]}]
    assert data["updateTask"] == {"task": None, "userErrors": errors}
