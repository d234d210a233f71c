"""Moving many tasks to another team: all or none, numbered in the order of their ids, each with its own mistakes."""

from typing import Any

import asyncpg
import pytest

from app.db.columns import new_id
from app.tasks.inputs import MOST_ITEMS
from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.log import events_of
from tests.unchanged import unchanged

MOVE = """mutation ($ids: [ID!]!, $team: ID!) { moveTasks(ids: $ids, teamId: $team) {
    results { index task { key version assignee { id } } userErrors { code message path } }
    userErrors { code message path }
} }"""
FIND = "query ($slug: String!, $key: String!) { task(by: {key: {organizationSlug: $slug, key: $key}}) { id } }"


async def move(api: Api, tenant: Tenant, ids: list[Any], team: Any, who: str = "person1") -> dict[str, Any]:
    """What somebody is answered who moves the tasks with these ids to the team with that one."""
    variables = {"ids": list(map(str, ids)), "team": str(team)}
    data = await api.data(MOVE, who=tenant.owner.replace("person1", who), **variables)
    payload: dict[str, Any] = data["moveTasks"]
    return payload


def refusal(index: int, code: str, message: str) -> dict[str, Any]:
    return {"code": code, "message": message, "path": ["ids", str(index)]}


async def test_tasks_are_numbered_in_the_order_of_their_ids(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """From two teams, one of them is there already; one has nobody, and one's assignee is not in the new team."""
    tenant = await make_tenant(superuser, members=3, teams=3)
    first, second, _, in_other, *_, there = tenant.tasks[:7]
    await superuser.execute("UPDATE tasks SET assignee_id = NULL WHERE id = $1", second)
    await superuser.execute("UPDATE team_members SET deleted_at = now() WHERE id = $1", tenant.team_members[6])
    rename = "mutation ($id: ID!, $key: String!) { updateTeam(id: $id, input: {key: $key}) { userErrors { code } } }"
    await api.data(rename, who=tenant.owner, id=str(tenant.teams[0]), key="NOW")
    numbered = await superuser.fetchval("SELECT max(sequence) FROM events WHERE organization_id = $1", tenant.id)
    assigned = await superuser.fetchval("SELECT assignee_id FROM tasks WHERE id = $1", tenant.tasks[4])

    payload = await move(api, tenant, [in_other, second, there, first, tenant.tasks[4]], tenant.teams[2])

    assert assigned == tenant.team_members[4]
    tasks = [
        {"key": "T3-4", "version": 2, "assignee": None},
        {"key": "T3-5", "version": 2, "assignee": None},
        {"key": "T3-1", "version": 1, "assignee": {"id": str(tenant.team_members[6])}},
        {"key": "T3-6", "version": 2, "assignee": None},
        {"key": "T3-7", "version": 2, "assignee": {"id": str(tenant.team_members[7])}},
    ]
    assert payload == {
        "results": [{"index": index, "task": task, "userErrors": []} for index, task in enumerate(tasks)],
        "userErrors": [],
    }
    found = {
        key: (await api.data(FIND, who=tenant.owner, slug=tenant.slug, key=key))["task"]["id"]
        for key in ("T1-1", "NOW-1", "T3-6", "T1-2", "NOW-2", "T3-5", "T2-1", "T3-4")
    }
    assert list(found.values()) == [str(first)] * 3 + [str(second)] * 3 + [str(in_other)] * 2
    events = (await events_of(superuser, tenant))[numbered:]
    assert [(event["subject_id"], event["changes"]["number"]) for event in events] == [
        (in_other, [1, 4]),
        (second, [2, 5]),
        (first, [1, 6]),
        (tenant.tasks[4], [2, 7]),
    ]
    assert await superuser.fetchval("SELECT last_number FROM teams WHERE id = $1", tenant.teams[2]) == 7


async def test_they_come_back_by_being_moved_back(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """With new numbers, as `moveTask` gives them; every key that they had finds them."""
    tenant = await make_tenant(superuser, teams=2, tasks=2)
    ids = tenant.tasks[:2]

    keys = []
    for team in (tenant.teams[1], tenant.teams[0]):
        payload = await move(api, tenant, ids, team)
        keys.append([result["task"]["key"] for result in payload["results"]])

    assert keys == [["T2-3", "T2-4"], ["T1-3", "T1-4"]]
    for key in ("T1-1", "T2-3", "T1-3"):
        found = await api.data(FIND, who=tenant.owner, slug=tenant.slug, key=key)
        assert found["task"] == {"id": str(ids[0])}


async def test_each_mistake_stands_at_its_place_and_none_moves(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, other = await make_tenant(superuser, members=2, teams=3, tasks=1), await make_tenant(superuser)
    await superuser.execute("UPDATE team_members SET role = 'VIEWER' WHERE id = $1", tenant.team_members[3])
    await superuser.execute("UPDATE tasks SET deleted_at = now() WHERE id = $1", tenant.tasks[1])
    fine, deleted, viewed = tenant.tasks[0], tenant.tasks[1], tenant.tasks[2]

    async with unchanged(superuser, tenant, other):
        ids = [fine, deleted, viewed, other.tasks[0], new_id(), fine]
        payload = await move(api, tenant, ids, tenant.teams[2], who="person2")

    errors = [
        refusal(1, "NOT_FOUND", "There is no such task."),
        refusal(2, "FORBIDDEN", "You only read in this team: ask one of its admins to make you a member."),
        refusal(3, "NOT_FOUND", "There is no such task."),
        refusal(4, "NOT_FOUND", "There is no such task."),
        refusal(5, "INVALID", "This id came before: name each once."),
    ]
    assert payload == {
        "results": [
            {"index": index, "task": None, "userErrors": [one for one in errors if one["path"][1] == str(index)]}
            for index in range(6)
        ],
        "userErrors": errors,
    }


@pytest.mark.parametrize("team", ["nobody's", "other organization's", "deleted"])
async def test_a_team_that_takes_none_refuses_all(api: Api, superuser: "asyncpg.Connection[Any]", team: str) -> None:
    tenant, other = await make_tenant(superuser, teams=2, tasks=2), await make_tenant(superuser)
    await superuser.execute("UPDATE teams SET deleted_at = now() WHERE id = $1", tenant.teams[1])
    teams = {"nobody's": new_id(), "other organization's": other.teams[0], "deleted": tenant.teams[1]}

    async with unchanged(superuser, tenant, other):
        payload = await move(api, tenant, tenant.tasks[:2], teams[team])

    absent = {"code": "NOT_FOUND", "message": "There is no such team.", "path": ["teamId"]}
    deleted = {"code": "PARENT_DELETED", "message": "The team is deleted: restore it first.", "path": ["teamId"]}
    assert payload == {"results": [], "userErrors": [deleted if team == "deleted" else absent]}


async def test_tasks_stay_in_their_organization(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, second = await make_tenant(superuser, teams=2), await make_tenant(superuser)
    await superuser.execute(
        "INSERT INTO organization_members (organization_id, id, user_id, role, created_at, updated_at)"
        " VALUES ($1, $2, $3, 'OWNER', now(), now())",
        *(second.id, new_id(), tenant.users[0]),
    )

    async with unchanged(superuser, tenant, second):
        payload = await move(api, tenant, [tenant.tasks[0], second.tasks[0]], tenant.teams[1])

    assert payload["userErrors"] == [refusal(1, "NOT_FOUND", "There is no such team in its organization.")]


async def test_whoever_moves_works_in_the_other_team(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2, teams=2)
    await superuser.execute("UPDATE team_members SET role = 'VIEWER' WHERE id = $1", tenant.team_members[3])

    async with unchanged(superuser, tenant):
        payload = await move(api, tenant, [tenant.tasks[1], new_id()], tenant.teams[1], who="person2")

    message = "You only read in this team: ask one of its admins to make you a member."
    forbidden = {"code": "FORBIDDEN", "message": message, "path": ["teamId"]}
    absent = refusal(1, "NOT_FOUND", "There is no such task.")
    assert payload == {"results": [], "userErrors": [absent, forbidden]}


async def test_a_hundred_move_and_one_more_is_refused(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=2, tasks=MOST_ITEMS + 1)
    ids = tenant.tasks[: MOST_ITEMS + 1]

    async with unchanged(superuser, tenant):
        refused = await move(api, tenant, ids, tenant.teams[1])
    moved = await move(api, tenant, ids[:MOST_ITEMS], tenant.teams[1])

    message = "At most 100 are allowed at once, not 101: send them in parts."
    assert refused == {
        "results": [],
        "userErrors": [{"code": "LIMIT_EXCEEDED", "message": message, "path": ["ids"]}],
    }
    assert [result["task"]["key"] for result in moved["results"]] == [f"T2-{number}" for number in range(102, 202)]


async def test_sent_again_it_is_answered_again(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=2, tasks=2)
    variables = {"ids": list(map(str, tenant.tasks[:2])), "team": str(tenant.teams[1])}
    headers = api.headers(tenant.owner) | {"Idempotency-Key": str(new_id())}

    first = (await api.send_with(headers, MOVE, **variables)).json()
    async with unchanged(superuser, tenant):
        again = (await api.send_with(headers, MOVE, **variables)).json()

    assert [result["task"]["key"] for result in first["data"]["moveTasks"]["results"]] == ["T2-3", "T2-4"]
    assert again["data"] == first["data"]


async def test_nothing_is_moved_where_nothing_is_named(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=2)

    async with unchanged(superuser, tenant):
        payload = await move(api, tenant, [], tenant.teams[1])

    assert payload == {"results": [], "userErrors": []}
