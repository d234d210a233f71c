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
