"""Giving a team's members other roles, removing them and bringing them back."""

from typing import Any

import asyncpg
import pytest

from app.db.columns import new_id
from tests.api import Api
from tests.factories import make_tenant
from tests.log import events_of
from tests.team_members.documents import REMOVE, RESTORE, UPDATE
from tests.unchanged import unchanged

AGAIN = """
INSERT INTO team_members (organization_id, id, team_id, organization_member_id, role, created_at, updated_at)
VALUES ($1, gen_random_uuid(), $2, $3, 'MEMBER', now(), now())
"""
FIELDS = {
    "update": 'updateTeamMember(id: "ID", role: ADMIN) { userErrors { code } }',
    "remove": 'removeTeamMember(id: "ID") { userErrors { code } }',
    "restore": 'restoreTeamMember(id: "ID") { userErrors { code } }',
}
ROLE = "SELECT role FROM team_members WHERE id = $1"


async def test_a_role_changes_at_once(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)

    data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.team_members[1]), role="VIEWER")

    assert data["updateTeamMember"] == {
        "teamMember": {"role": "VIEWER", "user": {"name": "Person 2"}, "team": {"viewerRole": "ADMIN"}},
        "userErrors": [],
    }
    assert await superuser.fetchval(ROLE, tenant.team_members[1]) == "VIEWER"
    assert await events_of(superuser, tenant) == [
        {
            "type": "UPDATED",
            "subject_type": "TeamMember",
            "subject_id": tenant.team_members[1],
            "actor_id": tenant.users[0],
            "changes": {"role": ["MEMBER", "VIEWER"]},
        }
    ]


async def test_the_same_role_changes_nothing(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    async with unchanged(superuser, tenant):
        data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.team_members[1]), role="MEMBER")
    assert data["updateTeamMember"]["teamMember"]["role"] == "MEMBER"


async def test_an_admin_who_steps_down_is_no_admin_in_the_next_field(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, members=2)
    await superuser.execute("UPDATE team_members SET role = 'ADMIN' WHERE id = $1", tenant.team_members[1])
    own = tenant.team_members[1]
    document = f"""mutation {{
        up: updateTeamMember(id: "{own}", role: ADMIN) {{ teamMember {{ team {{ viewerRole }} }} }}
        down: updateTeamMember(id: "{own}", role: VIEWER) {{ teamMember {{ team {{ viewerRole }} }} }}
        again: updateTeamMember(id: "{own}", role: ADMIN) {{ teamMember {{ team {{ viewerRole }} }} }}
    }}"""

    body = await api.ask(document, who=tenant.owner.replace("person1", "person2"))

    assert [(error["path"], error["extensions"]["code"]) for error in body["errors"]] == [(["again"], "FORBIDDEN")]
    assert await superuser.fetchval(ROLE, own) == "VIEWER"
    (event,) = await events_of(superuser, tenant)
    assert event["changes"] == {"role": ["ADMIN", "VIEWER"]}


async def test_a_removed_member_keeps_their_tasks_and_comes_back(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, members=2)
    variables = {"id": str(tenant.team_members[1])}

    removed = (await api.data(REMOVE, who=tenant.owner, **variables))["removeTeamMember"]
    assignee = await superuser.fetchval("SELECT assignee_id FROM tasks WHERE id = $1", tenant.tasks[1])
    restored = (await api.data(RESTORE, who=tenant.owner, **variables))["restoreTeamMember"]

    assert removed == {
        "deletedIds": [str(tenant.team_members[1])],
        "deletion": {"counts": {"organizationMembers": 0, "teamMembers": 1, "tasks": 0}},
        "userErrors": [],
    }
    assert assignee == tenant.team_members[1]
    assert restored == {
        "teamMember": {
            "role": "MEMBER",
            "deletedAt": None,
            "user": {"name": "Person 2"},
            "tasks": {"nodes": [{"key": "T1-2"}]},
        },
        "userErrors": [],
    }
    events = await events_of(superuser, tenant)
    assert [(event["type"], event["subject_id"]) for event in events] == [
        ("DELETED", tenant.team_members[1]),
        ("RESTORED", tenant.team_members[1]),
    ]


@pytest.mark.parametrize("role", ["ADMIN", "MEMBER", "VIEWER"])
async def test_anybody_may_leave(api: Api, superuser: "asyncpg.Connection[Any]", role: str) -> None:
    tenant = await make_tenant(superuser, members=2)
    await superuser.execute("UPDATE team_members SET role = $2 WHERE id = $1", tenant.team_members[1], role)
    member = tenant.owner.replace("person1", "person2")
    data = await api.data(REMOVE, who=member, id=str(tenant.team_members[1]))
    assert data["removeTeamMember"]["deletedIds"] == [str(tenant.team_members[1])]
    seen = await api.data("query ($id: ID!) { team(id: $id) { viewerRole } }", who=member, id=str(tenant.teams[0]))
    assert seen == {"team": {"viewerRole": None}}


async def test_who_left_does_not_come_back_by_themselves(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    await superuser.execute("UPDATE team_members SET role = 'ADMIN' WHERE id = $1", tenant.team_members[1])
    member = tenant.owner.replace("person1", "person2")
    await api.data(REMOVE, who=member, id=str(tenant.team_members[1]))
    async with unchanged(superuser, tenant):
        error = await api.error(RESTORE, who=member, id=str(tenant.team_members[1]))
    assert error["extensions"]["code"] == "FORBIDDEN"


async def test_who_is_a_member_again_is_not_restored(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    await api.data(REMOVE, who=tenant.owner, id=str(tenant.team_members[1]))
    await superuser.execute(AGAIN, tenant.id, tenant.teams[0], tenant.members[1])
    async with unchanged(superuser, tenant):
        data = await api.data(RESTORE, who=tenant.owner, id=str(tenant.team_members[1]))
    assert data["restoreTeamMember"] == {
        "teamMember": None,
        "userErrors": [
            {
                "code": "TAKEN",
                "message": "The person is a member of the team again by now: there is nothing to restore.",
                "path": ["id"],
            }
        ],
    }


@pytest.mark.parametrize(
    ("gone", "noun"),
    [
        ('deleteTeam(id: "{0.teams[0]}")', "team"),
        ('removeOrganizationMember(id: "{0.members[1]}")', "organization member"),
    ],
)
async def test_nobody_is_restored_under_what_is_deleted(
    api: Api, superuser: "asyncpg.Connection[Any]", gone: str, noun: str
) -> None:
    """Not even by an admin of the team, who is one no more where that is deleted."""
    tenant = await make_tenant(superuser, members=3)
    await superuser.execute("UPDATE team_members SET role = 'ADMIN' WHERE id = $1", tenant.team_members[2])
    await api.data(REMOVE, who=tenant.owner, id=str(tenant.team_members[1]))
    await api.data(f"mutation {{ {gone.format(tenant)} {{ deletedIds }} }}", who=tenant.owner)
    admin = tenant.owner.replace("person1", "person3")
    async with unchanged(superuser, tenant):
        data = await api.data(RESTORE, who=admin, id=str(tenant.team_members[1]))
    assert data["restoreTeamMember"]["userErrors"] == [
        {
            "code": "PARENT_DELETED",
            "message": f"The {noun} it belongs to is deleted: restore that first.",
            "path": ["id"],
        }
    ]


@pytest.mark.parametrize("field", FIELDS)
async def test_to_a_stranger_a_member_is_as_absent_as_what_never_was(
    api: Api, superuser: "asyncpg.Connection[Any]", field: str
) -> None:
    tenant, stranger = await make_tenant(superuser, members=2), await make_tenant(superuser)
    if field == "restore":
        await api.data(REMOVE, who=tenant.owner, id=str(tenant.team_members[1]))
    document = f"mutation {{ {FIELDS[field]} }}"
    async with unchanged(superuser, tenant, stranger):
        there = await api.error(document.replace("ID", str(tenant.team_members[1])), who=stranger.owner)
        nowhere = await api.error(document.replace("ID", str(new_id())), who=stranger.owner)
    assert there == nowhere
    assert there["extensions"]["code"] == "NOT_FOUND"


async def test_a_removed_member_cannot_be_changed(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    await api.data(REMOVE, who=tenant.owner, id=str(tenant.team_members[1]))
    document = f"mutation {{ {FIELDS['update'].replace('ID', str(tenant.team_members[1]))} }}"
    async with unchanged(superuser, tenant):
        error = await api.error(document, who=tenant.owner)
    assert (error["extensions"]["code"], error["message"]) == ("NOT_FOUND", "There is no such team member.")
