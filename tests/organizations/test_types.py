"""What an organization shows."""

from typing import Any

import asyncpg
import pytest

from tests.api import Api
from tests.factories import make_tenant


@pytest.mark.parametrize("by", ["id", "slug"])
async def test_an_organization_is_found_by_id_and_slug(api: Api, superuser: "asyncpg.Connection[Any]", by: str) -> None:
    tenant = await make_tenant(superuser)
    query = """query ($by: OrganizationBy!) { organization(by: $by) {
        id name slug version deletedAt viewerRole
    } }"""
    value = str(tenant.id) if by == "id" else tenant.slug

    assert await api.data(query, who=tenant.owner, by={by: value}) == {
        "organization": {
            "id": str(tenant.id),
            "name": tenant.slug,
            "slug": tenant.slug,
            "version": 1,
            "deletedAt": None,
            "viewerRole": "OWNER",
        }
    }


async def test_tasks_of_all_teams_are_one_list_the_newest_first(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=2, tasks=2)
    query = """query ($slug: String!) { organization(by: {slug: $slug}) {
        tasks(first: 3) { totalCount pageInfo { hasNextPage hasPreviousPage } nodes { key } }
    } }"""

    assert (await api.data(query, who=tenant.owner, slug=tenant.slug))["organization"]["tasks"] == {
        "totalCount": 4,
        "pageInfo": {"hasNextPage": True, "hasPreviousPage": False},
        "nodes": [{"key": "T2-2"}, {"key": "T2-1"}, {"key": "T1-2"}],
    }


async def test_a_member_of_several_organizations_sees_all_by_name(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenants = [await make_tenant(superuser) for _ in range(3)]
    for place, tenant in enumerate(tenants[1:], start=2):
        await superuser.execute(
            "UPDATE organization_members SET user_id = $1, role = 'MEMBER' WHERE organization_id = $2",
            tenants[0].users[0],
            tenant.id,
        )
        await superuser.execute("UPDATE organizations SET name = $1 WHERE id = $2", f"{9 - place}", tenant.id)
    query = "{ organizations { totalCount edges { node { name viewerRole } } } }"

    assert (await api.data(query, who=tenants[0].owner))["organizations"] == {
        "totalCount": 3,
        "edges": [
            {"node": {"name": name, "viewerRole": role}}
            for name, role in (("6", "MEMBER"), ("7", "MEMBER"), (tenants[0].slug, "OWNER"))
        ],
    }
