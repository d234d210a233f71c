"""What a membership in a team shows."""

from typing import Any

import asyncpg

from tests.api import Api
from tests.factories import make_tenant

MEMBERS = """query ($id: ID!) { team(id: $id) { members { totalCount nodes {
    role team { key } user { name } organizationMember { role } tasks { totalCount nodes { key } }
} } } }"""


async def test_members_of_a_team_show_who_they_are_and_what_they_do(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, members=2, tasks=2)
    data = await api.data(MEMBERS, who=tenant.owner, id=str(tenant.teams[0]))

    assert data["team"]["members"] == {
        "totalCount": 2,
        "nodes": [
            {
                "role": role,
                "team": {"key": "T1"},
                "user": {"name": name},
                "organizationMember": {"role": in_organization},
                "tasks": {"totalCount": 2, "nodes": [{"key": key} for key in newest_first]},
            }
            for name, role, in_organization, newest_first in (
                ("Person 1", "ADMIN", "OWNER", ("T1-2", "T1-1")),
                ("Person 2", "MEMBER", "MEMBER", ("T1-4", "T1-3")),
            )
        ],
    }


async def test_who_was_removed_is_out_of_the_list_but_keeps_their_tasks(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, members=2)
    await superuser.execute("UPDATE team_members SET deleted_at = now() WHERE id = $1", tenant.team_members[1])
    query = """query ($id: ID!) { team(id: $id) {
        members { nodes { user { name } } } tasks { nodes { key assignee { user { name } } } }
    } }"""

    assert (await api.data(query, who=tenant.owner, id=str(tenant.teams[0])))["team"] == {
        "members": {"nodes": [{"user": {"name": "Person 1"}}]},
        "tasks": {
            "nodes": [
                {"key": "T1-2", "assignee": {"user": {"name": "Person 2"}}},
                {"key": "T1-1", "assignee": {"user": {"name": "Person 1"}}},
            ]
        },
    }


async def test_a_membership_says_when_it_last_changed(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await superuser.execute(
        "UPDATE team_members SET updated_at = '2026-01-02T03:04:05Z' WHERE id = $1", tenant.team_members[0]
    )
    query = "query ($id: ID!) { node(id: $id) { ... on TeamMember { updatedAt } } }"

    data = await api.data(query, who=tenant.owner, id=str(tenant.team_members[0]))

    assert data == {"node": {"updatedAt": "2026-01-02T03:04:05Z"}}
