"""What a membership in an organization shows."""

from typing import Any

import asyncpg

from tests.api import Api
from tests.factories import make_tenant


async def test_members_come_in_the_order_in_which_they_came(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2, teams=2)
    query = """query ($slug: String!) { organization(by: {slug: $slug}) { members { nodes {
        role user { name } organization { slug } teams { totalCount nodes { role team { key } } }
    } } } }"""
    data = await api.data(query, who=tenant.owner, slug=tenant.slug)

    assert data["organization"]["members"]["nodes"] == [
        {
            "role": role,
            "user": {"name": name},
            "organization": {"slug": tenant.slug},
            "teams": {"totalCount": 2, "nodes": [{"role": in_team, "team": {"key": key}} for key in ("T1", "T2")]},
        }
        for name, role, in_team in (("Person 1", "OWNER", "ADMIN"), ("Person 2", "MEMBER", "MEMBER"))
    ]


async def test_removed_members_are_listed_where_asked_for(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    await superuser.execute("UPDATE organization_members SET deleted_at = now() WHERE id = $1", tenant.members[1])
    query = """query ($slug: String!) { organization(by: {slug: $slug}) {
        live: members { totalCount nodes { id } }
        all: members(deleted: INCLUDE) { totalCount nodes { id } }
        deleted: members(deleted: ONLY) { totalCount nodes { id } }
    } }"""
    first, second = ({"id": str(member)} for member in tenant.members)

    assert (await api.data(query, who=tenant.owner, slug=tenant.slug))["organization"] == {
        "live": {"totalCount": 1, "nodes": [first]},
        "all": {"totalCount": 2, "nodes": [first, second]},
        "deleted": {"totalCount": 1, "nodes": [second]},
    }


async def test_a_membership_says_when_it_last_changed(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await superuser.execute(
        "UPDATE organization_members SET updated_at = '2026-01-02T03:04:05Z' WHERE id = $1", tenant.members[0]
    )
    query = "query ($id: ID!) { node(id: $id) { ... on OrganizationMember { updatedAt } } }"

    data = await api.data(query, who=tenant.owner, id=str(tenant.members[0]))

    assert data == {"node": {"updatedAt": "2026-01-02T03:04:05Z"}}
