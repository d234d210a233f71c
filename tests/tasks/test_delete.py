"""Deleting and restoring tasks, one by one and many as one."""

from typing import Any

import asyncpg

from app.db.columns import new_id
from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.log import events_of
from tests.unchanged import unchanged

DELETE = """mutation ($id: ID!) { deleteTask(id: $id) {
    deletion { id counts { tasks teams } deletedBy { email } } deletedIds userErrors { code }
} }"""
RESTORE = """mutation ($id: ID!) { restoreTask(id: $id) {
    task { id key version deletedAt deletion { id } } userErrors { code message path }
} }"""
DELETE_MANY = """mutation ($ids: [ID!]!) { deleteTasks(ids: $ids) {
    deletion { id counts { tasks } } deletedIds userErrors { code message path }
} }"""
RESTORE_MANY = """mutation ($ids: [ID!]!) { restoreTasks(ids: $ids) {
    results { index task { key deletedAt } userErrors { code path } } userErrors { code path }
} }"""
JOIN = """
INSERT INTO organization_members (organization_id, id, user_id, role, created_at, updated_at)
VALUES ($1, $2, $3, 'ADMIN', now(), now())
"""
DELETED = "SELECT id, deletion_id FROM tasks WHERE organization_id = $1 AND deleted_at IS NOT NULL ORDER BY number"


def ids_of(tenant: Tenant, *places: int) -> list[str]:
    return [str(tenant.tasks[place]) for place in places]


async def test_deleted_task_goes_into_the_trash(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=2)
    (task_id,) = ids_of(tenant, 1)

    payload = (await api.data(DELETE, who=tenant.owner, id=task_id))["deleteTask"]

    deletion_id = payload["deletion"].pop("id")
    assert payload == {
        "deletion": {"counts": {"tasks": 1, "teams": 0}, "deletedBy": {"email": tenant.owner}},
        "deletedIds": [task_id],
        "userErrors": [],
    }
    rows = await superuser.fetch(DELETED, tenant.id)
    assert [(str(row["id"]), str(row["deletion_id"])) for row in rows] == [(task_id, deletion_id)]
    (event,) = await events_of(superuser, tenant)
    assert (event["type"], str(event["subject_id"])) == ("DELETED", task_id)
    assert event["actor_id"] == tenant.users[0]
    assert event["changes"]["deletion_id"] == [None, deletion_id]


async def test_restored_task_is_as_it_was(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    (task_id,) = ids_of(tenant, 0)
    stored = "SELECT t::text FROM tasks AS t WHERE id = $1"
    before = await superuser.fetchval(stored, tenant.tasks[0])
    await api.data(DELETE, who=tenant.owner, id=task_id)

    data = await api.data(RESTORE, who=tenant.owner, id=task_id)

    task = {"id": task_id, "key": "T1-1", "version": 1, "deletedAt": None, "deletion": None}
    assert data["restoreTask"] == {"task": task, "userErrors": []}
    assert await superuser.fetchval(stored, tenant.tasks[0]) == before
    assert [(event["type"], event["subject_id"]) for event in await events_of(superuser, tenant)] == [
        ("DELETED", tenant.tasks[0]),
        ("RESTORED", tenant.tasks[0]),
    ]


async def test_number_of_a_deleted_task_is_not_given_again(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await api.data(DELETE, who=tenant.owner, id=str(tenant.tasks[0]))

    data = await api.data(
        'mutation ($team: ID!) { createTask(input: {teamId: $team, title: "A"}) { task { key } } }',
        who=tenant.owner,
        team=str(tenant.teams[0]),
    )

    assert data["createTask"]["task"]["key"] == "T1-2"


async def test_only_ones_own_tasks_can_be_deleted(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, other = await make_tenant(superuser), await make_tenant(superuser, tasks=2)
    await api.data(DELETE, who=other.owner, id=str(other.tasks[1]))

    async with unchanged(superuser, tenant, other):
        errors = [
            await api.error(DELETE, who=tenant.owner, id=str(task_id))
            for task_id in (new_id(), other.tasks[0], other.tasks[1])
        ]

    assert [(error["message"], error["extensions"]["code"]) for error in errors] == [
        ("There is no such task.", "NOT_FOUND")
    ] * 3


async def test_only_deleted_tasks_can_be_restored(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, other = await make_tenant(superuser), await make_tenant(superuser)
    await api.data(DELETE, who=other.owner, id=str(other.tasks[0]))

    async with unchanged(superuser, tenant, other):
        errors = [
            await api.error(RESTORE, who=tenant.owner, id=str(task_id))
            for task_id in (new_id(), other.tasks[0], tenant.tasks[0])
        ]

    assert [(error["message"], error["extensions"]["code"]) for error in errors] == [
        ("There is no such deleted task.", "NOT_FOUND")
    ] * 3


async def test_task_does_not_come_back_without_its_team(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await api.data(DELETE, who=tenant.owner, id=str(tenant.tasks[0]))
    await superuser.execute("UPDATE teams SET deleted_at = now() WHERE id = $1", tenant.teams[0])

    async with unchanged(superuser, tenant):
        one = (await api.data(RESTORE, who=tenant.owner, id=str(tenant.tasks[0])))["restoreTask"]
        many = (await api.data(RESTORE_MANY, who=tenant.owner, ids=ids_of(tenant, 0)))["restoreTasks"]

    assert one["task"] is None
    assert [(error["code"], error["path"]) for error in one["userErrors"]] == [("PARENT_DELETED", ["id"])]
    errors = [{"code": "PARENT_DELETED", "path": ["ids", "0"]}]
    assert many == {"results": [{"index": 0, "task": None, "userErrors": errors}], "userErrors": errors}


async def test_many_are_one_deletion(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=4)
    ids = ids_of(tenant, 2, 0, 3)

    payload = (await api.data(DELETE_MANY, who=tenant.owner, ids=ids))["deleteTasks"]

    assert payload["deletedIds"] == ids
    assert payload["deletion"]["counts"] == {"tasks": 3}
    assert payload["userErrors"] == []
    rows = await superuser.fetch(DELETED, tenant.id)
    assert [str(row["id"]) for row in rows] == ids_of(tenant, 0, 2, 3)
    assert {str(row["deletion_id"]) for row in rows} == {payload["deletion"]["id"]}
    assert [(event["type"], str(event["subject_id"])) for event in await events_of(superuser, tenant)] == [
        ("DELETED", task_id) for task_id in ids
    ]


async def test_many_come_back_in_the_order_asked_for(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=4)
    await api.data(DELETE_MANY, who=tenant.owner, ids=ids_of(tenant, 0, 1, 2))
    await api.data(DELETE, who=tenant.owner, id=str(tenant.tasks[3]))

    payload = (await api.data(RESTORE_MANY, who=tenant.owner, ids=ids_of(tenant, 3, 1, 0)))["restoreTasks"]

    assert payload == {
        "results": [
            {"index": index, "task": {"key": key, "deletedAt": None}, "userErrors": []}
            for index, key in enumerate(("T1-4", "T1-2", "T1-1"))
        ],
        "userErrors": [],
    }
    assert [str(row["id"]) for row in await superuser.fetch(DELETED, tenant.id)] == ids_of(tenant, 2)
    events = [(event["type"], str(event["subject_id"])) for event in await events_of(superuser, tenant)]
    assert events[4:] == [("RESTORED", task_id) for task_id in ids_of(tenant, 3, 1, 0)]


async def test_tasks_of_two_organizations_are_no_deletion(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, other = await make_tenant(superuser), await make_tenant(superuser)
    await superuser.execute(JOIN, other.id, new_id(), tenant.users[0])

    async with unchanged(superuser, tenant, other):
        payload = await api.data(DELETE_MANY, who=tenant.owner, ids=[str(tenant.tasks[0]), str(other.tasks[0])])

    assert payload["deleteTasks"] == {
        "deletion": None,
        "deletedIds": [],
        "userErrors": [
            {
                "code": "INVALID",
                "message": "They are of several organizations: delete those of each organization by themselves.",
                "path": ["ids"],
            }
        ],
    }


async def test_one_that_is_not_there_keeps_all_from_being_deleted(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant, other = await make_tenant(superuser, tasks=2), await make_tenant(superuser)
    ids = [*ids_of(tenant, 0, 0, 1), str(other.tasks[0]), str(new_id())]

    async with unchanged(superuser, tenant, other):
        payload = (await api.data(DELETE_MANY, who=tenant.owner, ids=ids))["deleteTasks"]

    assert payload == {
        "deletion": None,
        "deletedIds": [],
        "userErrors": [
            {"code": "INVALID", "message": "This id came before: name each once.", "path": ["ids", "1"]},
            {"code": "NOT_FOUND", "message": "There is no such task.", "path": ["ids", "3"]},
            {"code": "NOT_FOUND", "message": "There is no such task.", "path": ["ids", "4"]},
        ],
    }


async def test_one_that_lives_keeps_all_from_being_restored(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=2)
    await api.data(DELETE, who=tenant.owner, id=str(tenant.tasks[0]))

    async with unchanged(superuser, tenant):
        payload = (await api.data(RESTORE_MANY, who=tenant.owner, ids=ids_of(tenant, 0, 1)))["restoreTasks"]

    errors = [{"code": "NOT_FOUND", "path": ["ids", "1"]}]
    assert payload == {
        "results": [
            {"index": 0, "task": None, "userErrors": []},
            {"index": 1, "task": None, "userErrors": errors},
        ],
        "userErrors": errors,
    }


async def test_one_that_is_only_viewed_keeps_all_from_being_deleted(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, members=2, teams=2)
    await superuser.execute("UPDATE team_members SET role = 'VIEWER' WHERE id = $1", tenant.team_members[3])
    who = tenant.owner.replace("person1", "person2")

    async with unchanged(superuser, tenant):
        payload = (await api.data(DELETE_MANY, who=who, ids=ids_of(tenant, 0, 2)))["deleteTasks"]

    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [("FORBIDDEN", ["ids", "1"])]


async def test_nothing_is_deleted_where_no_ids_are_given(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)

    async with unchanged(superuser, tenant):
        deleted = (await api.data(DELETE_MANY, who=tenant.owner, ids=[]))["deleteTasks"]
        restored = (await api.data(RESTORE_MANY, who=tenant.owner, ids=[]))["restoreTasks"]

    assert deleted == {"deletion": None, "deletedIds": [], "userErrors": []}
    assert restored == {"results": [], "userErrors": []}


async def test_who_could_restore_a_task_hears_that_its_team_comes_first(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    """And a viewer of the team, that they could not anyway."""
    tenant = await make_tenant(superuser, members=3)
    await superuser.execute("UPDATE team_members SET role = 'VIEWER' WHERE id = $1", tenant.team_members[2])
    (task_id,) = ids_of(tenant, 0)
    await api.data(DELETE, who=tenant.owner, id=task_id)
    gone = f'mutation {{ deleteTeam(id: "{tenant.teams[0]}") {{ deletedIds }} }}'
    await api.data(gone, who=tenant.owner)
    member, viewer = (tenant.owner.replace("person1", name) for name in ("person2", "person3"))

    async with unchanged(superuser, tenant):
        one = (await api.data(RESTORE, who=member, id=task_id))["restoreTask"]
        many = (await api.data(RESTORE_MANY, who=member, ids=[task_id]))["restoreTasks"]
        refused = await api.error(RESTORE, who=viewer, id=task_id)

    assert one["userErrors"] == [
        {
            "code": "PARENT_DELETED",
            "message": "The team it belongs to is deleted: restore that first.",
            "path": ["id"],
        }
    ]
    assert many["userErrors"] == [{"code": "PARENT_DELETED", "path": ["ids", "0"]}]
    assert refused["extensions"]["code"] == "FORBIDDEN"
