"""Undoing deletions: exactly what one took, in any order, and never a living row under a deleted one."""

import asyncio
from typing import Any

import asyncpg
import orjson
import pytest

from app.db.columns import new_id
from tests.actions import ACTIONS, document, make_target
from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.trash.documents import (
    DELETE_TASK,
    DELETE_TASKS,
    DELETE_TEAM,
    EVENTS,
    NONE,
    REMOVE_MEMBER,
    REMOVE_TEAM_MEMBER,
    RESTORE_DELETION,
    RESTORE_TASK,
    TRASH,
)
from tests.unchanged import unchanged


async def delete(api: Api, tenant: Tenant, document: str, subject: object) -> str:
    """The id of the deletion of one thing."""
    (payload,) = (await api.data(document, who=tenant.owner, id=str(subject))).values()
    assert payload["userErrors"] == []
    return str(payload["deletion"]["id"])


async def restore(api: Api, tenant: Tenant, deletion_id: str) -> dict[str, Any]:
    payload: dict[str, Any] = (await api.data(RESTORE_DELETION, who=tenant.owner, id=deletion_id))["restoreDeletion"]
    return payload


async def test_what_was_deleted_before_stays_deleted(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2, teams=1, tasks=2)
    await delete(api, tenant, DELETE_TASK, tenant.tasks[0])
    deletion_id = await delete(api, tenant, DELETE_TEAM, tenant.teams[0])

    payload = await restore(api, tenant, deletion_id)

    assert payload == {
        "restored": {**NONE, "teams": 1, "teamMembers": 2, "tasks": 3},
        "subject": {"id": str(tenant.teams[0]), "deletedAt": None, "deletion": None},
        "userErrors": [],
    }
    dead = "SELECT array_agg(id) FROM tasks WHERE organization_id = $1 AND deleted_at IS NOT NULL"
    assert await superuser.fetchval(dead, tenant.id) == [tenant.tasks[0]]


async def test_the_event_says_what_came_back(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    deletion_id = await delete(api, tenant, DELETE_TEAM, tenant.teams[0])
    await restore(api, tenant, deletion_id)

    deleted, restored = await superuser.fetch(EVENTS, tenant.id)

    subject = ("Team", tenant.teams[0], tenant.users[0])
    assert tuple(deleted)[:4] == ("DELETED", *subject)
    assert tuple(restored)[:4] == ("RESTORED", *subject)
    forth, back = orjson.loads(deleted["changes"]), orjson.loads(restored["changes"])
    assert forth["deletion_id"] == {"before": None, "after": deletion_id}
    assert back == {name: {"before": change["after"], "after": None} for name, change in forth.items()}


async def test_one_of_many_comes_back_alone(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=3)
    ids = [str(task) for task in tenant.tasks]
    made = (await api.data(DELETE_TASKS, who=tenant.owner, ids=ids))["deleteTasks"]["deletion"]
    await api.data(RESTORE_TASK, who=tenant.owner, id=ids[0])

    left = (await api.data(TRASH, who=tenant.owner, slug=tenant.slug))["organization"]["trash"]["nodes"]
    payload = await restore(api, tenant, made["id"])

    assert left == [{"id": made["id"], "subject": {"id": ids[1]}}]
    assert payload["restored"] == {**NONE, "tasks": 2}
    assert (await api.data(TRASH, who=tenant.owner, slug=tenant.slug))["organization"]["trash"]["totalCount"] == 0


async def test_a_membership_waits_for_both_its_team_and_its_person(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, members=2)
    team = await delete(api, tenant, DELETE_TEAM, tenant.teams[0])
    person = await delete(api, tenant, REMOVE_MEMBER, tenant.members[1])

    first, second = await restore(api, tenant, team), await restore(api, tenant, person)

    assert first["restored"] == {**NONE, "teams": 1, "teamMembers": 1, "tasks": 2}
    assert second["restored"] == {**NONE, "organizationMembers": 1, "teamMembers": 1}


async def test_nothing_comes_back_under_what_is_deleted(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    deletion_id = await delete(api, tenant, DELETE_TASK, tenant.tasks[0])
    await delete(api, tenant, DELETE_TEAM, tenant.teams[0])

    async with unchanged(superuser, tenant):
        payload = await restore(api, tenant, deletion_id)

    assert payload == {
        "restored": NONE,
        "subject": None,
        "userErrors": [
            {
                "code": "PARENT_DELETED",
                "message": "The team it belongs to is deleted: restore that first.",
                "path": ["id"],
            }
        ],
    }


ADD_TEAM = 'mutation ($id: ID!) { createTeam(input: {organizationId: $id, key: "T1", name: "A"}) { team { id } } }'
AGAIN = """
INSERT INTO team_members (organization_id, id, team_id, organization_member_id, role, created_at, updated_at)
VALUES ($1, gen_random_uuid(), $2, $3, 'MEMBER', now(), now())
"""


async def test_a_team_key_that_is_taken(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    deletion_id = await delete(api, tenant, DELETE_TEAM, tenant.teams[0])
    await api.data(ADD_TEAM, who=tenant.owner, id=str(tenant.id))

    async with unchanged(superuser, tenant):
        payload = await restore(api, tenant, deletion_id)

    message = "Another team has its key by now: give that one another key first."
    assert payload["userErrors"] == [{"code": "TAKEN", "message": message, "path": ["id"]}]


async def test_a_membership_that_is_taken(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    deletion_id = await delete(api, tenant, REMOVE_TEAM_MEMBER, tenant.team_members[0])
    await superuser.execute(AGAIN, tenant.id, tenant.teams[0], tenant.members[0])

    async with unchanged(superuser, tenant):
        payload = await restore(api, tenant, deletion_id)

    message = "The person is a member of the team again by now: there is nothing to restore."
    assert payload["userErrors"] == [{"code": "TAKEN", "message": message, "path": ["id"]}]


@pytest.mark.parametrize("why", ["absent", "foreign", "restored", "past its time"])
async def test_what_cannot_be_restored_is_not_there(api: Api, superuser: "asyncpg.Connection[Any]", why: str) -> None:
    tenant, other = await make_tenant(superuser), await make_tenant(superuser)
    deletion_id = await delete(api, tenant, DELETE_TEAM, tenant.teams[0])
    who = other.owner if why == "foreign" else tenant.owner
    if why == "absent":
        deletion_id = str(new_id())
    elif why == "restored":
        await restore(api, tenant, deletion_id)
    elif why == "past its time":
        await superuser.execute("UPDATE deletions SET purge_at = now() WHERE id = $1", deletion_id)

    async with unchanged(superuser, tenant):
        error = await api.error(RESTORE_DELETION, who=who, id=deletion_id)

    assert (error["extensions"], error["message"]) == ({"code": "NOT_FOUND"}, "There is no such deletion.")


@pytest.mark.parametrize(
    ("field", "noun"),
    [
        ("restoreOrganization", "organization"),
        ("restoreOrganizationMember", "organization member"),
        ("restoreTeam", "team"),
        ("restoreTeamMember", "team member"),
        ("restoreTask", "task"),
        ("restoreDocument", "document"),
    ],
)
async def test_what_is_past_its_time_does_not_come_back_by_itself_either(
    api: Api, superuser: "asyncpg.Connection[Any]", field: str, noun: str
) -> None:
    target = await make_target(superuser)
    action = ACTIONS[field]
    await api.data(document(action.before, target), who=target.owner)
    await superuser.execute("UPDATE deletions SET purge_at = now() WHERE organization_id = $1", target.id)

    async with unchanged(superuser, target):
        error = await api.error(document(action.field, target), who=target.owner)

    assert (error["extensions"], error["message"]) == ({"code": "NOT_FOUND"}, f"There is no such {noun}.")


async def test_only_the_field_that_fails_is_undone(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=2)
    task = await delete(api, tenant, DELETE_TASK, tenant.tasks[0])
    other_task = await delete(api, tenant, DELETE_TASK, tenant.tasks[1])
    await delete(api, tenant, DELETE_TEAM, tenant.teams[0])

    data = await api.data(
        f"""mutation {{ failing: restoreDeletion(id: "{task}") {{ userErrors {{ code }} }}
        good: restoreDeletion(id: "{other_task}") {{ subject {{ id deletedAt }} userErrors {{ code }} }}
        again: deleteTask(id: "{tenant.tasks[1]}") {{ deletion {{ subject {{ id deletion {{ id }} }} id }} }} }}""",
        who=tenant.owner,
    )

    assert data["failing"] == {"userErrors": [{"code": "PARENT_DELETED"}]}
    assert data["good"] == {"subject": {"id": str(tenant.tasks[1]), "deletedAt": None}, "userErrors": []}
    again = data["again"]["deletion"]
    assert again["subject"] == {"id": str(tenant.tasks[1]), "deletion": {"id": again["id"]}}


async def test_a_restore_and_a_delete_above_it_at_once(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """Either may be first; no living task is ever left in a deleted team."""
    tenant = await make_tenant(superuser, teams=10)
    for team, task in zip(tenant.teams, tenant.tasks, strict=True):
        deletion_id = await delete(api, tenant, DELETE_TASK, task)
        await asyncio.gather(
            api.http.post("/graphql", json=body(DELETE_TEAM, team), headers=api.headers(tenant.owner)),
            api.http.post("/graphql", json=body(RESTORE_DELETION, deletion_id), headers=api.headers(tenant.owner)),
        )

    orphans = """SELECT count(*) FROM tasks JOIN teams ON teams.id = team_id
        WHERE tasks.organization_id = $1 AND tasks.deleted_at IS NULL AND teams.deleted_at IS NOT NULL"""
    assert await superuser.fetchval(orphans, tenant.id) == 0


def body(document: str, row_id: object) -> dict[str, Any]:
    return {"query": document, "variables": {"id": str(row_id)}}
