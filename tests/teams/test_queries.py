"""Finding a team, and what it shows."""

from typing import Any

import asyncpg

from tests.api import Api
from tests.factories import make_tenant

TEAM = "query ($id: ID!) { team(id: $id) { key name description version viewerRole organization { slug } } }"


async def test_a_team_is_found_by_its_id(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)

    assert await api.data(TEAM, who=tenant.owner, id=str(tenant.teams[0])) == {
        "team": {
            "key": "T1",
            "name": "Team 0001",
            "description": None,
            "version": 1,
            "viewerRole": "ADMIN",
            "organization": {"slug": tenant.slug},
        }
    }


async def test_whoever_is_not_in_a_team_has_no_role_there(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=2)
    await superuser.execute("UPDATE team_members SET deleted_at = now() WHERE id = $1", tenant.team_members[1])
    query = "query ($slug: String!) { organization(by: {slug: $slug}) { teams { nodes { key viewerRole } } } }"
    data = await api.data(query, who=tenant.owner, slug=tenant.slug)

    assert data["organization"]["teams"]["nodes"] == [
        {"key": "T1", "viewerRole": "ADMIN"},
        {"key": "T2", "viewerRole": None},
    ]


async def test_a_deleted_team_is_found_by_its_id_and_in_lists_that_ask(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, teams=2)
    await superuser.execute("UPDATE teams SET deleted_at = now() WHERE id = $1", tenant.teams[0])
    query = """query ($id: ID!, $slug: String!) {
        team(id: $id) { key }
        organization(by: {slug: $slug}) {
            live: teams { totalCount nodes { key } }
            all: teams(deleted: INCLUDE) { totalCount nodes { key } }
            deleted: teams(deleted: ONLY) { totalCount nodes { key } }
        }
    }"""

    assert await api.data(query, who=tenant.owner, id=str(tenant.teams[0]), slug=tenant.slug) == {
        "team": {"key": "T1"},
        "organization": {
            "live": {"totalCount": 1, "nodes": [{"key": "T2"}]},
            "all": {"totalCount": 2, "nodes": [{"key": "T1"}, {"key": "T2"}]},
            "deleted": {"totalCount": 1, "nodes": [{"key": "T1"}]},
        },
    }
