"""Bringing members of an organization into a team: what they are there, and what is refused."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.db.columns import new_id
from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.joining import join
from tests.log import events_of
from tests.team_members.documents import ADD, REMOVE
from tests.unchanged import unchanged

GONE = {
    "teamId": 'deleteTeam(id: "{tenant.teams[0]}")',
    "organizationMemberId": 'removeOrganizationMember(id: "{tenant.members[1]}")',
}
LIVE_UNDER_DELETED = """
SELECT count(*) FROM team_members AS live
JOIN teams ON teams.organization_id = $1 AND teams.id = live.team_id
JOIN organization_members AS members ON members.organization_id = $1 AND members.id = live.organization_member_id
WHERE live.organization_id = $1 AND live.deleted_at IS NULL
AND (teams.deleted_at IS NOT NULL OR members.deleted_at IS NOT NULL)
"""


def given(tenant: Tenant, *, place: int = 2, **more: Any) -> dict[str, Any]:
    """The tenant's person at `place`, from 1 on, into its first team."""
    return {
        "teamId": str(tenant.teams[0]),
        "organizationMemberId": str(tenant.members[place - 1]),
        **more,
    }


async def outside(superuser: "asyncpg.Connection[Any]", members: int = 2) -> Tenant:
    """A tenant with a team that only its owner is in."""
    tenant = await make_tenant(superuser, members=members)
    await superuser.execute("DELETE FROM tasks WHERE assignee_id = ANY($1)", tenant.team_members[1:])
    await superuser.execute("DELETE FROM team_members WHERE id = ANY($1)", tenant.team_members[1:])
    return tenant


@pytest.mark.parametrize(("role", "expected"), [({}, "MEMBER"), ({"role": "VIEWER"}, "VIEWER")])
async def test_a_member_of_the_organization_joins(
    api: Api, superuser: "asyncpg.Connection[Any]", role: dict[str, Any], expected: str
) -> None:
    tenant = await outside(superuser)
    member = tenant.owner.replace("person1", "person2")

    payload = (await api.data(ADD, who=tenant.owner, input=given(tenant, **role)))["addTeamMember"]

    added = payload["teamMember"].pop("id")
    assert payload == {
        "teamMember": {
            "role": expected,
            "user": {"email": member},
            "team": {"key": "T1", "members": {"totalCount": 2}},
            "organizationMember": {"id": str(tenant.members[1])},
        },
        "userErrors": [],
    }
    assert await events_of(superuser, tenant) == [
        {
            "type": "CREATED",
            "subject_type": "TeamMember",
            "subject_id": UUID(added),
            "actor_id": tenant.users[0],
            "changes": {
                "team_id": [None, str(tenant.teams[0])],
                "organization_member_id": [None, str(tenant.members[1])],
                "role": [None, expected],
            },
        }
    ]
    seen = await api.data("query ($id: ID!) { team(id: $id) { viewerRole } }", who=member, id=str(tenant.teams[0]))
    assert seen == {"team": {"viewerRole": expected}}


async def test_a_member_is_not_added_again(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    async with unchanged(superuser, tenant):
        data = await api.data(ADD, who=tenant.owner, input=given(tenant))
    assert data["addTeamMember"] == {
        "teamMember": None,
        "userErrors": [
            {
                "code": "TAKEN",
                "message": "They are a member of the team already.",
                "path": ["input", "organizationMemberId"],
            }
        ],
    }


async def test_a_removed_member_comes_back_as_the_one_they_were(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """With the role that they are given now, and with their tasks."""
    tenant = await make_tenant(superuser, members=2)
    await api.data(REMOVE, who=tenant.owner, id=str(tenant.team_members[1]))
    data = await api.data(ADD, who=tenant.owner, input=given(tenant, role="VIEWER"))
    assert data["addTeamMember"]["teamMember"]["id"] == str(tenant.team_members[1])
    assert data["addTeamMember"]["teamMember"]["role"] == "VIEWER"
    assert [(one["type"], one["subject_id"]) for one in await events_of(superuser, tenant)] == [
        ("DELETED", tenant.team_members[1]),
        ("RESTORED", tenant.team_members[1]),
        ("UPDATED", tenant.team_members[1]),
    ]


async def test_a_removed_member_who_can_no_longer_be_restored_joins_anew(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, members=2)
    await api.data(REMOVE, who=tenant.owner, id=str(tenant.team_members[1]))
    await superuser.execute("UPDATE deletions SET purge_at = now() WHERE organization_id = $1", tenant.id)
    data = await api.data(ADD, who=tenant.owner, input=given(tenant))
    assert data["addTeamMember"]["teamMember"]["id"] != str(tenant.team_members[1])


@pytest.mark.parametrize("field", GONE)
async def test_what_is_deleted_is_named(api: Api, superuser: "asyncpg.Connection[Any]", field: str) -> None:
    tenant = await outside(superuser)
    gone = GONE[field].format(tenant=tenant)
    await api.data(f"mutation {{ {gone} {{ deletedIds }} }}", who=tenant.owner)
    async with unchanged(superuser, tenant):
        data = await api.data(ADD, who=tenant.owner, input=given(tenant))
    noun = "team" if field == "teamId" else "member"
    assert data["addTeamMember"] == {
        "teamMember": None,
        "userErrors": [
            {
                "code": "PARENT_DELETED",
                "message": f"The {noun} is deleted: restore it first.",
                "path": ["input", field],
            }
        ],
    }


async def test_a_team_that_is_being_restored_is_still_deleted(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """Nobody waits for it, who holds a member that the restore may be waiting for."""
    tenant = await outside(superuser)
    await api.data(f'mutation {{ deleteTeam(id: "{tenant.teams[0]}") {{ deletedIds }} }}', who=tenant.owner)
    async with superuser.transaction():
        await superuser.execute("UPDATE teams SET deleted_at = NULL WHERE id = $1", tenant.teams[0])
        data = await api.data(ADD, who=tenant.owner, input=given(tenant))
    assert [error["code"] for error in data["addTeamMember"]["userErrors"]] == ["PARENT_DELETED"]


async def test_a_team_and_a_member_of_others_are_as_absent_as_what_never_was(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant, stranger = await make_tenant(superuser), await make_tenant(superuser)
    nowhere = {"teamId": str(new_id()), "organizationMemberId": str(new_id())}
    async with unchanged(superuser, tenant, stranger):
        answers = [await api.data(ADD, who=stranger.owner, input=ids) for ids in (given(tenant, place=1), nowhere)]
    assert answers[0] == answers[1]
    assert answers[0]["addTeamMember"]["userErrors"] == [
        {"code": "NOT_FOUND", "message": "There is no such member.", "path": ["input", "organizationMemberId"]},
        {"code": "NOT_FOUND", "message": "There is no such team.", "path": ["input", "teamId"]},
    ]


async def test_nobody_joins_a_team_of_another_of_their_organizations(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant, other = await make_tenant(superuser), await make_tenant(superuser)
    await join(api, other, tenant.owner, role="OWNER")
    wrong = given(tenant, place=1, organizationMemberId=str(other.members[0]))
    async with unchanged(superuser, tenant, other):
        data = await api.data(ADD, who=tenant.owner, input=wrong)
    assert data["addTeamMember"]["userErrors"] == [
        {"code": "NOT_FOUND", "message": "There is no such member.", "path": ["input", "organizationMemberId"]}
    ]


async def test_only_the_field_that_fails_is_undone(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await outside(superuser, members=3)
    wanted = "{ teamMember { team { members { totalCount } } } userErrors { code } }"
    team = f'teamId: "{tenant.teams[0]}"'
    fields = [
        f'{name}: addTeamMember(input: {{{team}, organizationMemberId: "{member}"}}) {wanted}'
        for name, member in (("a", tenant.members[1]), ("b", tenant.members[1]), ("c", tenant.members[2]))
    ]

    data = await api.data(f"mutation {{ {' '.join(fields)} }}", who=tenant.owner)

    assert data == {
        "a": {"teamMember": {"team": {"members": {"totalCount": 2}}}, "userErrors": []},
        "b": {"teamMember": None, "userErrors": [{"code": "TAKEN"}]},
        "c": {"teamMember": {"team": {"members": {"totalCount": 3}}}, "userErrors": []},
    }
    assert [event["type"] for event in await events_of(superuser, tenant)] == ["CREATED", "CREATED"]


@pytest.mark.parametrize("gone", ["teamId", "organizationMemberId", "organization"])
async def test_nobody_stays_under_what_is_deleted_meanwhile(
    api: Api, superuser: "asyncpg.Connection[Any]", gone: str
) -> None:
    for _ in range(10):
        tenant = await outside(superuser)
        delete = GONE.get(gone, 'deleteOrganization(id: "{tenant.id}")').format(tenant=tenant)
        await asyncio.gather(
            api.ask(ADD, who=tenant.owner, input=given(tenant)),
            api.data(f"mutation {{ {delete} {{ deletedIds }} }}", who=tenant.owner),
        )
        assert await superuser.fetchval(LIVE_UNDER_DELETED, tenant.id) == 0
