"""Moving a task: its number, its former keys and its assignee in the other team."""

import asyncio
from typing import Any

import asyncpg
import pytest

from app.db.columns import new_id
from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.log import events_of
from tests.unchanged import unchanged

MOVE = """mutation ($id: ID!, $team: ID!) { moveTask(id: $id, teamId: $team) {
    task { key version team { key } assignee { id } } userErrors { code message path }
} }"""
FIND = """query ($slug: String!, $key: String!) {
    task(by: {key: {organizationSlug: $slug, key: $key}}) { id }
}"""


async def find(api: Api, tenant: Tenant, key: str) -> str | None:
    """The id of the task that the key finds."""
    task: dict[str, str] | None = (await api.data(FIND, who=tenant.owner, slug=tenant.slug, key=key))["task"]
    return task["id"] if task else None


async def move(api: Api, tenant: Tenant, task: int, team: int) -> dict[str, Any]:
    """What the owner is answered who moves the tenant's task number `task` to its team number `team`."""
    data = await api.data(MOVE, who=tenant.owner, id=str(tenant.tasks[task]), team=str(tenant.teams[team]))
    payload: dict[str, Any] = data["moveTask"]
    return payload


async def test_task_gets_the_next_number_of_its_new_team(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2, teams=2)
    await superuser.execute("UPDATE teams SET last_number = 7 WHERE id = $1", tenant.teams[1])

    payload = await move(api, tenant, 1, 1)

    there = str(tenant.team_members[3])
    assert payload == {
        "task": {"key": "T2-8", "version": 2, "team": {"key": "T2"}, "assignee": {"id": there}},
        "userErrors": [],
    }
    row = await superuser.fetchrow("SELECT team_id, number, assignee_id FROM tasks WHERE id = $1", tenant.tasks[1])
    assert tuple(row or ()) == (tenant.teams[1], 8, tenant.team_members[3])
    numbers = await superuser.fetch("SELECT last_number FROM teams WHERE organization_id = $1 ORDER BY key", tenant.id)
    assert [row["last_number"] for row in numbers] == [2, 8]
    assert await events_of(superuser, tenant) == [
        {
            "type": "UPDATED",
            "subject_type": "Task",
            "subject_id": tenant.tasks[1],
            "actor_id": tenant.users[0],
            "changes": {
                "team_id": [str(tenant.teams[0]), str(tenant.teams[1])],
                "number": [2, 8],
                "assignee_id": [str(tenant.team_members[1]), there],
            },
        }
    ]


async def test_assignee_who_is_not_in_the_new_team_is_dropped(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2, teams=2)
    await superuser.execute("UPDATE team_members SET deleted_at = now() WHERE id = $1", tenant.team_members[3])

    payload = await move(api, tenant, 1, 1)

    assert payload["task"]["assignee"] is None
    (event,) = await events_of(superuser, tenant)
    assert event["changes"]["assignee_id"] == [str(tenant.team_members[1]), None]


async def test_every_key_it_had_finds_it(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=2)

    keys = [(await move(api, tenant, 0, team))["task"]["key"] for team in (1, 0, 1)]

    assert keys == ["T2-2", "T1-2", "T2-3"]
    assert {await find(api, tenant, key) for key in ("T1-1", *keys)} == {str(tenant.tasks[0])}
    former = await superuser.fetch("SELECT key FROM former_task_keys WHERE organization_id = $1 ORDER BY 1", tenant.id)
    assert [row["key"] for row in former] == ["T1-1", "T1-2", "T2-2"]


async def test_current_key_wins_over_a_former_one(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=3)
    await move(api, tenant, 0, 1)
    assert await find(api, tenant, "T1-1") == str(tenant.tasks[0])

    await superuser.execute("UPDATE teams SET key = 'OLD' WHERE id = $1", tenant.teams[0])
    await superuser.execute("UPDATE teams SET key = 'T1' WHERE id = $1", tenant.teams[2])

    assert await find(api, tenant, "T1-1") == str(tenant.tasks[2])


async def test_former_key_finds_the_task_that_had_it_last(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=3)
    await move(api, tenant, 0, 1)
    await superuser.execute("UPDATE teams SET key = 'OLD' WHERE id = $1", tenant.teams[0])
    await superuser.execute("UPDATE teams SET key = 'T1' WHERE id = $1", tenant.teams[2])

    await move(api, tenant, 2, 1)

    assert await find(api, tenant, "T1-1") == str(tenant.tasks[2])
    assert await find(api, tenant, "T2-2") == str(tenant.tasks[0])


async def test_keys_from_before_its_team_was_renamed_find_it(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=2)
    rename = "mutation ($id: ID!, $key: String!) { updateTeam(id: $id, input: {key: $key}) { userErrors { code } } }"
    for key in ("ABC", "DEF", "ABC"):
        await api.data(rename, who=tenant.owner, id=str(tenant.teams[0]), key=key)

    await move(api, tenant, 0, 1)

    found = {await find(api, tenant, key) for key in ("T1-1", "ABC-1", "DEF-1", "T2-2")}
    assert found == {str(tenant.tasks[0])}


async def test_task_that_is_there_stays(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)

    async with unchanged(superuser, tenant):
        payload = await move(api, tenant, 0, 0)

    assert payload["task"]["key"] == "T1-1"
    assert payload["userErrors"] == []


@pytest.mark.parametrize("team", ["nobody's", "other organization's", "own in other organization"])
async def test_team_that_cannot_be_reached_never_was(api: Api, superuser: "asyncpg.Connection[Any]", team: str) -> None:
    tenant, stranger, second = [await make_tenant(superuser) for _ in range(3)]
    await superuser.execute(
        "INSERT INTO organization_members (organization_id, id, user_id, role, created_at, updated_at)"
        " VALUES ($1, $2, $3, 'OWNER', now(), now())",
        *(second.id, new_id(), tenant.users[0]),
    )
    teams = {
        "nobody's": new_id(),
        "other organization's": stranger.teams[0],
        "own in other organization": second.teams[0],
    }

    async with unchanged(superuser, tenant, stranger, second):
        data = await api.data(MOVE, who=tenant.owner, id=str(tenant.tasks[0]), team=str(teams[team]))

    errors = [{"code": "NOT_FOUND", "message": "There is no such team.", "path": ["teamId"]}]
    assert data["moveTask"] == {"task": None, "userErrors": errors}


async def test_deleted_team_takes_no_task(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=2)
    await superuser.execute("UPDATE teams SET deleted_at = now() WHERE id = $1", tenant.teams[1])

    async with unchanged(superuser, tenant):
        payload = await move(api, tenant, 0, 1)

    assert payload["userErrors"] == [
        {"code": "PARENT_DELETED", "message": "The team is deleted: restore it first.", "path": ["teamId"]}
    ]


@pytest.mark.parametrize("viewed", [0, 1])
async def test_whoever_moves_works_in_both_teams(api: Api, superuser: "asyncpg.Connection[Any]", viewed: int) -> None:
    tenant = await make_tenant(superuser, members=2, teams=2)
    view = "UPDATE team_members SET role = 'VIEWER' WHERE id = $1"
    await superuser.execute(view, tenant.team_members[1 + 2 * viewed])
    who = tenant.owner.replace("person1", "person2")

    async with unchanged(superuser, tenant):
        error = await api.error(MOVE, who=who, id=str(tenant.tasks[1]), team=str(tenant.teams[1]))

    assert error["extensions"]["code"] == "FORBIDDEN"


async def test_absent_foreign_and_deleted_tasks_sound_alike(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, other = await make_tenant(superuser, teams=2), await make_tenant(superuser)
    await superuser.execute("UPDATE tasks SET deleted_at = now() WHERE id = $1", tenant.tasks[0])

    async with unchanged(superuser, tenant, other):
        errors = [
            await api.error(MOVE, who=tenant.owner, id=str(task_id), team=str(tenant.teams[1]))
            for task_id in (new_id(), other.tasks[0], tenant.tasks[0])
        ]

    assert [(error["message"], error["extensions"]["code"]) for error in errors] == [
        ("There is no such task.", "NOT_FOUND")
    ] * 3


async def test_numbers_stay_without_gaps_under_moves_at_once(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=2, tasks=4)

    await asyncio.gather(*(move(api, tenant, task, 1 if task < 4 else 0) for task in range(8)))

    rows = await superuser.fetch("SELECT team_id, number FROM tasks WHERE organization_id = $1", tenant.id)
    assert sorted((tenant.teams.index(row["team_id"]), row["number"]) for row in rows) == [
        (team, number) for team in (0, 1) for number in (5, 6, 7, 8)
    ]
