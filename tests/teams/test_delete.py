"""Deleting and restoring a team, and what is not there to be written."""

from typing import Any

import asyncpg
import pytest

from app.db.columns import new_id
from tests.api import Api
from tests.factories import make_tenant
from tests.joining import join
from tests.log import events_of
from tests.teams.documents import CREATE, DELETE, RESTORE, UPDATE
from tests.unchanged import unchanged

FIELDS = {
    "updateTeam": 'updateTeam(id: "ID", input: {name: "A"}) { userErrors { code } }',
    "deleteTeam": 'deleteTeam(id: "ID") { userErrors { code } }',
    "restoreTeam": 'restoreTeam(id: "ID") { userErrors { code } }',
}


async def test_a_deleted_team_comes_back_as_it_was(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """By its own admin, who is no more than a member of the organization and whose membership was in the trash too."""
    tenant = await make_tenant(superuser, members=2, tasks=1)
    await superuser.execute("UPDATE team_members SET role = 'ADMIN' WHERE id = $1", tenant.team_members[1])
    admin, variables = tenant.owner.replace("person1", "person2"), {"id": str(tenant.teams[0])}

    deleted = (await api.data(DELETE, who=admin, **variables))["deleteTeam"]
    gone = await api.data(
        "query ($id: ID!) { team(id: $id) { key deletion { counts { teams } } } }", who=admin, **variables
    )
    restored = (await api.data(RESTORE, who=admin, **variables))["restoreTeam"]

    assert deleted == {
        "deletedIds": [str(tenant.teams[0])],
        "deletion": {"counts": {"teams": 1, "teamMembers": 2, "tasks": 2}},
        "userErrors": [],
    }
    assert gone == {"team": {"key": "T1", "deletion": {"counts": {"teams": 1}}}}
    assert restored == {
        "team": {
            "key": "T1",
            "deletedAt": None,
            "viewerRole": "ADMIN",
            "members": {"totalCount": 2},
            "tasks": {"nodes": [{"key": "T1-2"}, {"key": "T1-1"}]},
        },
        "userErrors": [],
    }
    events = await events_of(superuser, tenant)
    assert [(event["type"], event["subject_id"], event["actor_id"]) for event in events] == [
        ("DELETED", tenant.teams[0], tenant.users[1]),
        ("RESTORED", tenant.teams[0], tenant.users[1]),
    ]


async def test_an_admin_who_was_removed_before_does_not_restore_the_team(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, members=2)
    await superuser.execute("UPDATE team_members SET role = 'ADMIN' WHERE id = $1", tenant.team_members[1])
    await api.data(
        f'mutation {{ removeTeamMember(id: "{tenant.team_members[1]}") {{ deletedIds }} }}', who=tenant.owner
    )
    await api.data(DELETE, who=tenant.owner, id=str(tenant.teams[0]))
    async with unchanged(superuser, tenant):
        error = await api.error(RESTORE, who=tenant.owner.replace("person1", "person2"), id=str(tenant.teams[0]))
    assert error["message"] == "Only the team's admins and those of the organization manage it."


async def test_an_admin_who_left_and_came_back_is_the_one_they_were(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, members=2)
    admin = tenant.owner.replace("person1", "person2")
    await superuser.execute("UPDATE team_members SET role = 'ADMIN' WHERE id = $1", tenant.team_members[1])
    await api.data(DELETE, who=tenant.owner, id=str(tenant.teams[0]))
    await api.data(
        f'mutation {{ removeOrganizationMember(id: "{tenant.members[1]}") {{ deletedIds }} }}', who=tenant.owner
    )
    assert await join(api, tenant, admin) == str(tenant.members[1])
    data = await api.data(RESTORE, who=admin, id=str(tenant.teams[0]))
    assert data["restoreTeam"]["userErrors"] == []


async def test_a_key_given_away_meanwhile_keeps_a_team_in_the_trash(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    await api.data(DELETE, who=tenant.owner, id=str(tenant.teams[0]))
    await api.data(CREATE, who=tenant.owner, input={"organizationId": str(tenant.id), "key": "T1", "name": "New"})
    async with unchanged(superuser, tenant):
        data = await api.data(RESTORE, who=tenant.owner, id=str(tenant.teams[0]))
    assert data["restoreTeam"] == {
        "team": None,
        "userErrors": [
            {
                "code": "TAKEN",
                "message": "Another team has its key by now: give that one another key first.",
                "path": ["id"],
            }
        ],
    }


async def test_a_team_is_not_restored_into_a_deleted_organization(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    await api.data(DELETE, who=tenant.owner, id=str(tenant.teams[0]))
    await api.data(f'mutation {{ deleteOrganization(id: "{tenant.id}") {{ deletedIds }} }}', who=tenant.owner)
    async with unchanged(superuser, tenant):
        data = await api.data(RESTORE, who=tenant.owner, id=str(tenant.teams[0]))
    assert data["restoreTeam"]["userErrors"] == [
        {
            "code": "PARENT_DELETED",
            "message": "The organization it belongs to is deleted: restore that first.",
            "path": ["id"],
        }
    ]


async def test_a_purged_team_leaves_no_former_key(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await api.data(UPDATE, who=tenant.owner, id=str(tenant.teams[0]), input={"key": "ENG"})
    kept = "SELECT count(*) FROM former_team_keys WHERE organization_id = $1"
    assert await superuser.fetchval(kept, tenant.id) == 1

    document = "mutation ($id: ID!) { deleteTeam(id: $id) { deletion { id } } }"
    deletion = (await api.data(document, who=tenant.owner, id=str(tenant.teams[0])))["deleteTeam"]["deletion"]["id"]
    await api.data(f'mutation {{ purgeDeletion(id: "{deletion}") {{ userErrors {{ code }} }} }}', who=tenant.owner)

    assert await superuser.fetchval("SELECT count(*) FROM teams WHERE organization_id = $1", tenant.id) == 0
    assert await superuser.fetchval(kept, tenant.id) == 0


@pytest.mark.parametrize("field", FIELDS)
async def test_to_a_stranger_a_team_is_as_absent_as_what_never_was(
    api: Api, superuser: "asyncpg.Connection[Any]", field: str
) -> None:
    tenant, stranger = await make_tenant(superuser), await make_tenant(superuser)
    if field == "restoreTeam":
        await api.data(DELETE, who=tenant.owner, id=str(tenant.teams[0]))
    document = f"mutation {{ {FIELDS[field]} }}"
    async with unchanged(superuser, tenant, stranger):
        there = await api.error(document.replace("ID", str(tenant.teams[0])), who=stranger.owner)
        nowhere = await api.error(document.replace("ID", str(new_id())), who=stranger.owner)
    assert there == nowhere
    assert there["extensions"]["code"] == "NOT_FOUND"


async def test_a_deleted_team_cannot_be_changed(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await api.data(DELETE, who=tenant.owner, id=str(tenant.teams[0]))
    async with unchanged(superuser, tenant):
        error = await api.error(
            f"mutation {{ {FIELDS['updateTeam'].replace('ID', str(tenant.teams[0]))} }}", who=tenant.owner
        )
    assert (error["extensions"]["code"], error["message"]) == ("NOT_FOUND", "There is no such team.")
