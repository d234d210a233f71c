"""Finding organizations and walking down from them."""

from typing import Any

import asyncpg

from tests.api import Api
from tests.factories import make_tenant


async def test_walk_from_an_organization_to_its_tasks(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=1, teams=2, tasks=1)
    query = """query ($slug: String!) { organization(by: {slug: $slug}) {
        name viewerRole teams { nodes { key members { nodes { user { name } tasks { nodes { key title } } } } } }
    } }"""
    data = await api.data(query, who=tenant.owner, slug=tenant.slug)
    assert data["organization"] == {
        "name": tenant.slug,
        "viewerRole": "OWNER",
        "teams": {
            "nodes": [
                {
                    "key": key,
                    "members": {
                        "nodes": [
                            {"user": {"name": "Person 1"}, "tasks": {"nodes": [{"key": f"{key}-1", "title": "Task 1"}]}}
                        ]
                    },
                }
                for key in ("T1", "T2")
            ]
        },
    }


async def test_a_deleted_organization_is_found_by_neither_id_nor_slug(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    await superuser.execute("UPDATE organizations SET deleted_at = now() WHERE id = $1", tenant.id)

    found = await api.data(
        """query ($id: ID!, $slug: String!) {
            byId: organization(by: {id: $id}) { id } bySlug: organization(by: {slug: $slug}) { id }
        }""",
        who=tenant.owner,
        id=str(tenant.id),
        slug=tenant.slug,
    )

    assert found == {"byId": None, "bySlug": None}
