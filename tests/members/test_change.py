"""Giving members of an organization other roles, removing them and bringing them back."""

from typing import Any

import asyncpg
import pytest

from app.db.columns import new_id
from tests.api import Api
from tests.factories import make_tenant
from tests.log import events_of
from tests.members.documents import REMOVE, RESTORE, UPDATE
from tests.members.roles import give_role, roles
from tests.unchanged import unchanged

AGAIN = """
INSERT INTO organization_members (organization_id, id, user_id, role, created_at, updated_at)
VALUES ($1, gen_random_uuid(), $2, 'MEMBER', now(), now())
"""
FIELDS = {
    "update": 'updateOrganizationMember(id: "ID", role: ADMIN) { userErrors { code } }',
    "remove": 'removeOrganizationMember(id: "ID") { userErrors { code } }',
    "restore": 'restoreOrganizationMember(id: "ID") { userErrors { code } }',
}


async def test_a_role_changes_at_once(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    member = tenant.owner.replace("person1", "person2")
    await api.data("{ organizations { totalCount } }", who=member)  # the process knows their roles by now

    data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.members[1]), role="ADMIN")

    assert data["updateOrganizationMember"] == {
        "organizationMember": {"role": "ADMIN", "organization": {"viewerRole": "OWNER"}},
        "userErrors": [],
    }
    assert await roles(superuser, tenant) == ["OWNER", "ADMIN"]
    assert await events_of(superuser, tenant) == [
        {
            "type": "UPDATED",
            "subject_type": "OrganizationMember",
            "subject_id": tenant.members[1],
            "actor_id": tenant.users[0],
            "changes": {"role": ["MEMBER", "ADMIN"]},
        }
    ]
    seen = await api.data("{ organizations { nodes { viewerRole } } }", who=member)
    assert seen == {"organizations": {"nodes": [{"viewerRole": "ADMIN"}]}}


async def test_the_same_role_changes_nothing(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    async with unchanged(superuser, tenant):
        data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.members[1]), role="MEMBER")
    assert data["updateOrganizationMember"]["organizationMember"]["role"] == "MEMBER"


async def test_a_removed_member_is_out_and_comes_back_as_they_were(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, members=2, teams=2, tasks=1)
    member, variables = await give_role(superuser, tenant, 2, "ADMIN"), {"id": str(tenant.members[1])}
    await api.data("{ organizations { totalCount } }", who=member)

    removed = await api.data(REMOVE, who=tenant.owner, **variables)
    out = await api.data("{ organizations { totalCount } }", who=member)
    query = f'{{ node(id: "{tenant.tasks[1]}") {{ ... on Task {{ assignee {{ deletedAt user {{ name }} }} }} }} }}'
    task = await api.data(query, who=tenant.owner)
    restored = await api.data(RESTORE, who=tenant.owner, **variables)

    assert removed["removeOrganizationMember"] == {
        "deletedIds": [str(tenant.members[1])],
        "deletion": {"counts": {"organizationMembers": 1, "teamMembers": 2, "tasks": 0}},
        "userErrors": [],
    }
    assert out == {"organizations": {"totalCount": 0}}
    assert task["node"]["assignee"]["user"] == {"name": "Person 2"}
    assert task["node"]["assignee"]["deletedAt"] is not None
    assert restored["restoreOrganizationMember"] == {
        "organizationMember": {
            "role": "ADMIN",
            "deletedAt": None,
            "teams": {"nodes": [{"team": {"key": "T1"}}, {"team": {"key": "T2"}}]},
        },
        "userErrors": [],
    }
    events = await events_of(superuser, tenant)
    assert [(event["type"], event["subject_id"]) for event in events] == [
        ("DELETED", tenant.members[1]),
        ("RESTORED", tenant.members[1]),
    ]


async def test_who_leaves_is_a_stranger_to_the_next_field(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    member = tenant.owner.replace("person1", "person2")
    document = f"""mutation {{
        before: createTeam(input: {{organizationId: "{tenant.id}", key: "A", name: "A"}}) {{ team {{ key }} }}
        leave: removeOrganizationMember(id: "{tenant.members[1]}") {{ deletedIds deletion {{ id }} }}
        after: createTeam(input: {{organizationId: "{tenant.id}", key: "B", name: "B"}}) {{ userErrors {{ code }} }}
    }}"""

    data = await api.data(document, who=member)

    assert data == {
        "before": {"team": {"key": "A"}},
        "leave": {"deletedIds": [str(tenant.members[1])], "deletion": None},
        "after": {"userErrors": [{"code": "NOT_FOUND"}]},
    }
    events = await events_of(superuser, tenant)
    assert [(event["type"], event["subject_type"], event["actor_id"]) for event in events] == [
        ("CREATED", "Team", tenant.users[1]),
        ("CREATED", "TeamMember", tenant.users[1]),
        ("DELETED", "OrganizationMember", tenant.users[1]),
    ]


@pytest.mark.parametrize("role", ["ADMIN", "MEMBER"])
async def test_anybody_else_may_leave(api: Api, superuser: "asyncpg.Connection[Any]", role: str) -> None:
    tenant = await make_tenant(superuser, members=2)
    member = await give_role(superuser, tenant, 2, role)
    data = await api.data(REMOVE, who=member, id=str(tenant.members[1]))
    assert data["removeOrganizationMember"]["deletedIds"] == [str(tenant.members[1])]
    assert await roles(superuser, tenant) == ["OWNER"]


async def test_who_is_a_member_again_is_not_restored(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    await api.data(REMOVE, who=tenant.owner, id=str(tenant.members[1]))
    await superuser.execute(AGAIN, tenant.id, tenant.users[1])  # as it was before who comes back was restored

    async with unchanged(superuser, tenant):
        data = await api.data(RESTORE, who=tenant.owner, id=str(tenant.members[1]))

    assert data["restoreOrganizationMember"] == {
        "organizationMember": None,
        "userErrors": [
            {
                "code": "TAKEN",
                "message": "The person is a member again by now: there is nothing to restore.",
                "path": ["id"],
            }
        ],
    }


@pytest.mark.parametrize("field", FIELDS)
async def test_in_a_deleted_organization_nobody_changes(
    api: Api, superuser: "asyncpg.Connection[Any]", field: str
) -> None:
    tenant = await make_tenant(superuser, members=2)
    if field == "restore":
        await api.data(REMOVE, who=tenant.owner, id=str(tenant.members[1]))
    await api.data(f'mutation {{ deleteOrganization(id: "{tenant.id}") {{ deletedIds }} }}', who=tenant.owner)
    document = f"mutation {{ field: {FIELDS[field].replace('ID', str(tenant.members[1]))} }}"
    async with unchanged(superuser, tenant):
        data = await api.data(document, who=tenant.owner)
    assert data["field"]["userErrors"] == [{"code": "PARENT_DELETED"}]


@pytest.mark.parametrize("field", FIELDS)
async def test_to_a_stranger_a_member_is_as_absent_as_what_never_was(
    api: Api, superuser: "asyncpg.Connection[Any]", field: str
) -> None:
    tenant, stranger = await make_tenant(superuser, members=2), await make_tenant(superuser)
    if field == "restore":
        await api.data(REMOVE, who=tenant.owner, id=str(tenant.members[1]))
    document = f"mutation {{ {FIELDS[field]} }}"
    async with unchanged(superuser, tenant, stranger):
        there = await api.error(document.replace("ID", str(tenant.members[1])), who=stranger.owner)
        nowhere = await api.error(document.replace("ID", str(new_id())), who=stranger.owner)
    assert there == nowhere
    assert there["extensions"]["code"] == "NOT_FOUND"


async def test_a_removed_member_cannot_be_changed(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    await api.data(REMOVE, who=tenant.owner, id=str(tenant.members[1]))
    async with unchanged(superuser, tenant):
        error = await api.error(
            f"mutation {{ {FIELDS['update'].replace('ID', str(tenant.members[1]))} }}", who=tenant.owner
        )
    assert (error["extensions"]["code"], error["message"]) == ("NOT_FOUND", "There is no such member.")
