"""Many tasks at once: results in order, all or the good ones, each with its own mistakes."""

from typing import Any

import asyncpg
import pytest

from app.db.columns import new_id
from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.log import events_of
from tests.unchanged import unchanged

ANSWER = "{ results { index task { key title } userErrors { code path } } userErrors { code path } }"
CREATE = f"""mutation ($inputs: [CreateTaskInput!]!, $onError: BulkErrorPolicy! = ROLLBACK) {{
    createTasks(inputs: $inputs, onError: $onError) {ANSWER}
}}"""
UPDATE = f"""mutation ($ids: [ID!]!, $input: UpdateTaskInput!, $onError: BulkErrorPolicy! = ROLLBACK) {{
    updateTasks(ids: $ids, input: $input, onError: $onError) {ANSWER}
}}"""
DELETE = "mutation ($ids: [ID!]!) { deleteTasks(ids: $ids) { deletedIds userErrors { code path } } }"
RESTORE = f"mutation ($ids: [ID!]!) {{ restoreTasks(ids: $ids) {ANSWER} }}"


def result(index: int, key: str | None, title: str = "", *errors: dict[str, Any]) -> dict[str, Any]:
    """One of the results of a bulk, where `key` is None without a task."""
    return {"index": index, "task": key and {"key": key, "title": title}, "userErrors": list(errors)}


def inputs_of(tenant: Tenant, *teams: int) -> list[dict[str, Any]]:
    return [{"teamId": str(tenant.teams[team]), "title": f"New {place}"} for place, team in enumerate(teams)]


async def test_tasks_are_numbered_in_the_order_of_the_inputs(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=2)

    data = await api.data(CREATE, who=tenant.owner, inputs=inputs_of(tenant, 1, 0, 1, 1))

    keys = ["T2-2", "T1-2", "T2-3", "T2-4"]
    assert data["createTasks"] == {
        "results": [result(index, key, f"New {index}") for index, key in enumerate(keys)],
        "userErrors": [],
    }
    created = await events_of(superuser, tenant)
    assert [(event["type"], event["changes"]["title"]) for event in created] == [
        ("CREATED", [None, f"New {index}"]) for index in range(4)
    ]
    last = await superuser.fetch("SELECT last_number FROM teams WHERE organization_id = $1 ORDER BY key", tenant.id)
    assert [row["last_number"] for row in last] == [2, 4]


async def test_one_bad_input_keeps_all_from_being_made(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, other = await make_tenant(superuser), await make_tenant(superuser)
    inputs = [*inputs_of(tenant, 0, 0), *inputs_of(other, 0)]
    inputs[1]["title"] = ""

    async with unchanged(superuser, tenant, other):
        data = await api.data(CREATE, who=tenant.owner, inputs=inputs)

    blank = {"code": "BLANK", "path": ["inputs", "1", "title"]}
    absent = {"code": "NOT_FOUND", "path": ["inputs", "2", "teamId"]}
    assert data["createTasks"] == {
        "results": [result(0, None), result(1, None, "", blank), result(2, None, "", absent)],
        "userErrors": [blank, absent],
    }


async def test_good_inputs_are_made_where_bad_ones_are_skipped(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2, teams=2, tasks=0)
    await superuser.execute("UPDATE team_members SET role = 'VIEWER' WHERE id = $1", tenant.team_members[3])
    who = tenant.owner.replace("person1", "person2")
    inputs = inputs_of(tenant, 0, 0, 1, 0)
    inputs[1]["assigneeId"] = str(tenant.team_members[2])

    data = await api.data(CREATE, who=who, inputs=inputs, onError="SKIP")

    absent = {"code": "NOT_FOUND", "path": ["inputs", "1", "assigneeId"]}
    forbidden = {"code": "FORBIDDEN", "path": ["inputs", "2", "teamId"]}
    assert data["createTasks"] == {
        "results": [
            result(0, "T1-1", "New 0"),
            result(1, None, "", absent),
            result(2, None, "", forbidden),
            result(3, "T1-2", "New 3"),
        ],
        "userErrors": [],
    }
    assert len(await events_of(superuser, tenant)) == 2


async def test_tasks_change_in_the_same_way(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=4)
    await superuser.execute("UPDATE tasks SET tags = '{a,b}' WHERE id = $1", tenant.tasks[2])
    await superuser.execute("UPDATE tasks SET title = 'Same', tags = '{b}' WHERE id = $1", tenant.tasks[0])
    ids = [str(tenant.tasks[place]) for place in (2, 0, 1)]

    data = await api.data(UPDATE, who=tenant.owner, ids=ids, input={"title": "Same", "addTags": ["b"]})

    assert data["updateTasks"] == {
        "results": [result(index, key, "Same") for index, key in enumerate(("T1-3", "T1-1", "T1-2"))],
        "userErrors": [],
    }
    rows = await superuser.fetch(
        "SELECT title, tags, version FROM tasks WHERE team_id = $1 ORDER BY number", *tenant.teams
    )
    assert [tuple(row) for row in rows] == [
        ("Same", ["b"], 1),
        ("Same", ["b"], 2),
        ("Same", ["a", "b"], 2),
        ("Task 4", [], 1),
    ]
    assert [(event["subject_id"], event["changes"]) for event in await events_of(superuser, tenant)] == [
        (tenant.tasks[2], {"title": ["Task 3", "Same"]}),
        (tenant.tasks[1], {"title": ["Task 2", "Same"], "tags": [[], ["b"]]}),
    ]


@pytest.mark.parametrize("policy", ["ROLLBACK", "SKIP"])
async def test_bad_ids_keep_the_good_ones_or_do_not(
    api: Api, superuser: "asyncpg.Connection[Any]", policy: str
) -> None:
    tenant, other = await make_tenant(superuser, members=2, teams=2), await make_tenant(superuser)
    await superuser.execute("UPDATE team_members SET role = 'VIEWER' WHERE id = $1", tenant.team_members[3])
    await superuser.execute("UPDATE tasks SET deleted_at = now() WHERE id = $1", tenant.tasks[1])
    who = tenant.owner.replace("person1", "person2")
    ids = [tenant.tasks[0], tenant.tasks[1], tenant.tasks[2], other.tasks[0], new_id(), tenant.tasks[0]]

    data = await api.data(UPDATE, who=who, ids=list(map(str, ids)), input={"title": "New"}, onError=policy)

    codes = ["NOT_FOUND", "FORBIDDEN", "NOT_FOUND", "NOT_FOUND", "INVALID"]
    errors = [{"code": code, "path": ["ids", str(place)]} for place, code in enumerate(codes, start=1)]
    written = policy == "SKIP"
    assert data["updateTasks"] == {
        "results": [
            result(0, "T1-1" if written else None, "New"),
            *(result(place, None, "", error) for place, error in enumerate(errors, start=1)),
        ],
        "userErrors": [] if written else errors,
    }
    assert len(await events_of(superuser, tenant)) == written
    assert (
        await superuser.fetchval("SELECT count(*) FROM tasks WHERE title = 'New' AND organization_id = $1", tenant.id)
        == written
    )


async def test_assignee_is_of_each_tasks_own_team(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2, teams=2)
    ids = [str(tenant.tasks[0]), str(tenant.tasks[2])]
    given = {"assigneeId": str(tenant.team_members[1])}

    async with unchanged(superuser, tenant):
        data = await api.data(UPDATE, who=tenant.owner, ids=ids, input=given)

    error = {"code": "NOT_FOUND", "path": ["ids", "1", "assigneeId"]}
    assert data["updateTasks"] == {"results": [result(0, None), result(1, None, "", error)], "userErrors": [error]}


async def test_mistake_in_what_all_share_is_told_once(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=2)

    async with unchanged(superuser, tenant):
        data = await api.data(
            UPDATE, who=tenant.owner, ids=list(map(str, tenant.tasks)), input={"title": ""}, onError="SKIP"
        )

    assert data["updateTasks"] == {"results": [], "userErrors": [{"code": "BLANK", "path": ["input", "title"]}]}


@pytest.mark.parametrize("mutation", ["createTasks", "updateTasks", "deleteTasks", "restoreTasks"])
async def test_more_than_a_hundred_are_too_many(api: Api, superuser: "asyncpg.Connection[Any]", mutation: str) -> None:
    tenant = await make_tenant(superuser)
    ids = {"ids": [str(tenant.tasks[0])] * 101}
    requests: dict[str, tuple[str, dict[str, Any]]] = {
        "createTasks": (CREATE, {"inputs": inputs_of(tenant, *[0] * 101)}),
        "updateTasks": (UPDATE, {**ids, "input": {"title": "New"}}),
        "deleteTasks": (DELETE, ids),
        "restoreTasks": (RESTORE, ids),
    }
    document, variables = requests[mutation]

    async with unchanged(superuser, tenant):
        data = await api.data(document, who=tenant.owner, **variables)

    payload = data[mutation]
    path = ["inputs"] if mutation == "createTasks" else ["ids"]
    assert payload["userErrors"] == [{"code": "LIMIT_EXCEEDED", "path": path}]
    assert not payload.get("results")
