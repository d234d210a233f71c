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


BY = (
    "query ($slug: String!, $key: String!) { team(by: {key: {organizationSlug: $slug, key: $key}}) { name deletedAt } }"
)


async def test_a_team_is_found_by_its_key(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, stranger = await make_tenant(superuser, teams=2), await make_tenant(superuser)
    found = [
        (await api.data(BY, who=who, slug=tenant.slug, key=key))["team"]
        for who, key in ((tenant.owner, "T2"), (tenant.owner, "t2"), (tenant.owner, "T3"), (stranger.owner, "T2"))
    ]
    assert found == [*[{"name": "Team 0002", "deletedAt": None}] * 2, None, None]


async def test_of_teams_that_had_a_key_the_live_one_is_found(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=3)
    deleted = "UPDATE teams SET deleted_at = $2::text::timestamptz WHERE id = $1"
    await superuser.execute(deleted, tenant.teams[0], "2026-01-01Z")
    await superuser.execute(deleted, tenant.teams[1], "2026-01-02Z")
    await superuser.execute("UPDATE teams SET key = 'K' WHERE organization_id = $1", tenant.id)

    live = (await api.data(BY, who=tenant.owner, slug=tenant.slug, key="K"))["team"]
    await superuser.execute(deleted, tenant.teams[2], "2025-01-01Z")
    last = (await api.data(BY, who=tenant.owner, slug=tenant.slug, key="K"))["team"]

    assert live == {"name": "Team 0003", "deletedAt": None}
    assert last == {"name": "Team 0002", "deletedAt": "2026-01-02T00:00:00Z"}


async def test_a_team_is_asked_for_in_one_way(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    row_id = str(tenant.teams[0])
    assert await api.data(f'{{ team(by: {{id: "{row_id}"}}) {{ key }} }}', who=tenant.owner) == {"team": {"key": "T1"}}
    for arguments in ("", f'(id: "{row_id}", by: {{id: "{row_id}"}})'):
        error = await api.error(f"{{ team{arguments} {{ key }} }}", who=tenant.owner)
        assert (error["extensions"]["code"], error["message"]) == (
            "BAD_USER_INPUT",
            "Give `id` or `by`: one of them, and not both.",
        )
