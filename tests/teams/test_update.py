"""Changing a team: what is written, what changes nothing, and how its tasks are found by the keys it had."""

import asyncio
from typing import Any

import asyncpg
import pytest

from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.log import events_of
from tests.teams.documents import CREATE, KEY_TAKEN, MISTAKES, ROW, UPDATE
from tests.unchanged import unchanged

MOMENTS = "SELECT created_at, updated_at FROM teams WHERE id = $1"
TASK = "query ($key: TaskKey!) { task(by: {key: $key}) { id key } }"


async def find(api: Api, tenant: Tenant, key: str) -> dict[str, Any] | None:
    data = await api.data(TASK, who=tenant.owner, key={"organizationSlug": tenant.slug, "key": key})
    found: dict[str, Any] | None = data["task"]
    return found


async def rename(api: Api, tenant: Tenant, place: int, key: str) -> None:
    data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.teams[place]), input={"key": key})
    assert data["updateTeam"]["userErrors"] == []


async def test_an_update_writes_what_changed(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    wanted = {"key": "T1", "name": " New ", "description": "Why"}

    data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.teams[0]), input=wanted)

    assert data["updateTeam"] == {
        "team": {"key": "T1", "name": "New", "description": "Why", "version": 2},
        "userErrors": [],
    }
    assert dict(await superuser.fetchrow(ROW, tenant.teams[0]) or {}) == {
        "key": "T1",
        "name": "New",
        "description": "Why",
        "version": 2,
        "last_number": 1,
        "deleted_at": None,
    }
    assert await events_of(superuser, tenant) == [
        {
            "type": "UPDATED",
            "subject_type": "Team",
            "subject_id": tenant.teams[0],
            "actor_id": tenant.users[0],
            "changes": {"name": ["Team 0001", "New"], "description": [None, "Why"]},
        }
    ]


async def test_an_update_says_when_it_was(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    before = await superuser.fetchrow(MOMENTS, tenant.teams[0])

    await api.data(UPDATE, who=tenant.owner, id=str(tenant.teams[0]), input={"name": "New"})

    after = await superuser.fetchrow(MOMENTS, tenant.teams[0])
    assert before is not None
    assert after is not None
    assert after["created_at"] == before["created_at"]
    assert before["updated_at"] < after["updated_at"] <= await superuser.fetchval("SELECT now()")


async def test_null_clears_what_can_be_cleared(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await superuser.execute("UPDATE teams SET description = 'Why' WHERE id = $1", tenant.teams[0])
    data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.teams[0]), input={"description": None})
    assert data["updateTeam"]["team"]["description"] is None
    (event,) = await events_of(superuser, tenant)
    assert event["changes"] == {"description": ["Why", None]}


@pytest.mark.parametrize("same", [{}, {"key": "T1", "name": " Team 0001"}, {"description": " "}])
async def test_nothing_different_changes_nothing(
    api: Api, superuser: "asyncpg.Connection[Any]", same: dict[str, str]
) -> None:
    tenant = await make_tenant(superuser)
    async with unchanged(superuser, tenant):
        data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.teams[0]), input=same)
    assert data["updateTeam"]["team"]["version"] == 1


@pytest.mark.parametrize(
    ("wrong", "code", "field"), [*MISTAKES, ({"key": None}, "INVALID", "key"), ({"name": None}, "INVALID", "name")]
)
async def test_a_mistake_changes_nothing(
    api: Api, superuser: "asyncpg.Connection[Any]", wrong: dict[str, Any], code: str, field: str
) -> None:
    tenant = await make_tenant(superuser)
    async with unchanged(superuser, tenant):
        data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.teams[0]), input={"name": "B", **wrong})
    payload = data["updateTeam"]
    assert payload["team"] is None
    assert [(one["code"], one["path"]) for one in payload["userErrors"]] == [(code, ["input", field])]


async def test_the_key_of_another_team_is_taken(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=2)
    async with unchanged(superuser, tenant):
        data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.teams[0]), input={"key": "T2"})
    assert data["updateTeam"] == {"team": None, "userErrors": [KEY_TAKEN]}


async def test_an_old_version_is_a_conflict(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await api.data(UPDATE, who=tenant.owner, id=str(tenant.teams[0]), input={"name": "B"}, version=1)

    async with unchanged(superuser, tenant):
        data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.teams[0]), input={"name": "C"}, version=1)

    assert data["updateTeam"] == {
        "team": {"key": "T1", "name": "B", "description": None, "version": 2},
        "userErrors": [
            {
                "code": "CONFLICT",
                "message": "It has changed since: its version is 2, not 1. Look at it and try again.",
                "path": ["expectedVersion"],
            }
        ],
    }


async def test_of_two_updates_at_once_one_is_a_conflict(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    answers = await asyncio.gather(
        *(
            api.data(UPDATE, who=tenant.owner, id=str(tenant.teams[0]), input={"name": name}, version=1)
            for name in ("A", "B")
        )
    )
    errors = [[error["code"] for error in answer["updateTeam"]["userErrors"]] for answer in answers]
    assert sorted(errors) == [[], ["CONFLICT"]]
    winner = answers[errors.index([])]["updateTeam"]["team"]["name"]
    assert [answer["updateTeam"]["team"]["name"] for answer in answers] == [winner, winner]
    assert await superuser.fetchval("SELECT name FROM teams WHERE id = $1", tenant.teams[0]) == winner


async def test_a_task_is_found_by_every_key_its_team_had(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=2)
    for key in ("ENG", "DEV", "T1", "OPS"):
        await rename(api, tenant, 0, key)
    found = {"id": str(tenant.tasks[1]), "key": "OPS-2"}
    assert [await find(api, tenant, f"{key}-2") for key in ("T1", "ENG", "DEV", "OPS")] == [found] * 4
    assert await find(api, tenant, "ENG-3") is None


async def test_a_key_in_use_comes_before_one_given_up(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=2)
    await rename(api, tenant, 0, "ENG")
    wanted = {"organizationId": str(tenant.id), "key": "T1", "name": "New"}
    team = (await api.data(CREATE, who=tenant.owner, input=wanted))["createTeam"]["team"]
    new = await api.data(
        'mutation ($id: ID!) { createTask(input: {teamId: $id, title: "A"}) { task { id key } } }',
        who=tenant.owner,
        id=team["id"],
    )
    assert await find(api, tenant, "T1-1") == new["createTask"]["task"]
    assert await find(api, tenant, "T1-2") == {"id": str(tenant.tasks[1]), "key": "ENG-2"}


async def test_of_two_teams_that_gave_a_key_up_the_last_counts(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=2, tasks=1)
    await rename(api, tenant, 0, "A")
    await rename(api, tenant, 1, "T1")
    await rename(api, tenant, 1, "B")
    assert await find(api, tenant, "T1-1") == {"id": str(tenant.tasks[1]), "key": "B-1"}
    await rename(api, tenant, 0, "T1")
    await rename(api, tenant, 0, "A")
    assert await find(api, tenant, "T1-1") == {"id": str(tenant.tasks[0]), "key": "A-1"}


async def test_to_a_stranger_a_former_key_finds_nothing(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, stranger = await make_tenant(superuser), await make_tenant(superuser)
    await rename(api, tenant, 0, "ENG")
    data = await api.data(TASK, who=stranger.owner, key={"organizationSlug": tenant.slug, "key": "T1-1"})
    assert data == {"task": None}


async def test_a_renamed_team_is_one_more_row_however_many_tasks_it_has(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, tasks=300)
    await rename(api, tenant, 0, "ENG")
    counts = "SELECT (SELECT count(*) FROM former_task_keys WHERE organization_id = $1),"
    kept = await superuser.fetchrow(
        f"{counts} (SELECT count(*) FROM former_team_keys WHERE organization_id = $1)", tenant.id
    )
    assert tuple(kept or ()) == (0, 1)
