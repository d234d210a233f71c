"""Finding organizations and walking down from them."""

from typing import Any

import asyncpg

from app.db.columns import new_id
from tests.api import Api
from tests.factories import Tenant, make_tenant


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


BY = """query ($id: ID!, $slug: String!) {
    byId: organization(by: {id: $id}) { id deletedAt } bySlug: organization(by: {slug: $slug}) { id deletedAt }
}"""
MEMBER = """
INSERT INTO organization_members (organization_id, id, user_id, role, created_at, updated_at)
VALUES ($1, $2, $3, 'MEMBER', now(), now())
"""
DELETED = "2026-01-02T03:04:05Z"


async def delete(superuser: "asyncpg.Connection[Any]", *tenants: Tenant) -> None:
    moment = f"UPDATE organizations SET deleted_at = '{DELETED}' WHERE id = $1"
    await superuser.executemany(moment, [(tenant.id,) for tenant in tenants])


async def test_a_deleted_organization_is_found_and_says_so(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await delete(superuser, tenant)

    found = await api.data(BY, who=tenant.owner, id=str(tenant.id), slug=tenant.slug)

    assert found == {key: {"id": str(tenant.id), "deletedAt": DELETED} for key in ("byId", "bySlug")}


async def test_of_several_with_a_slug_the_live_one_is_found_or_what_was_deleted_last(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant, *others = [await make_tenant(superuser) for _ in range(4)]
    await superuser.executemany(MEMBER, [(one.id, new_id(), tenant.users[0]) for one in others])
    await delete(superuser, *others[:2])
    slug = f"{tenant.slug}-s"
    await superuser.execute("UPDATE organizations SET slug = $2 WHERE id = ANY($1)", [one.id for one in others], slug)
    await superuser.execute("UPDATE organizations SET deleted_at = '2026-01-01' WHERE id = $1", others[0].id)
    variables = {"id": str(tenant.id), "slug": slug}

    live = (await api.data(BY, who=tenant.owner, **variables))["bySlug"]
    await superuser.execute("UPDATE organizations SET deleted_at = '2025-01-01' WHERE id = $1", others[2].id)
    last = (await api.data(BY, who=tenant.owner, **variables))["bySlug"]

    assert live == {"id": str(others[2].id), "deletedAt": None}
    assert last == {"id": str(others[1].id), "deletedAt": DELETED}


async def test_a_strangers_organization_takes_its_slug_along(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """Who had the slug before finds what they had, and nothing of who has it now."""
    tenant, stranger = await make_tenant(superuser), await make_tenant(superuser)
    await delete(superuser, tenant)
    await superuser.execute("UPDATE organizations SET slug = $2 WHERE id = $1", stranger.id, tenant.slug)
    variables = {"id": str(stranger.id), "slug": tenant.slug}

    assert await api.data(BY, who=tenant.owner, **variables) == {
        "byId": None,
        "bySlug": {"id": str(tenant.id), "deletedAt": DELETED},
    }
    assert (await api.data(BY, who=stranger.owner, **variables))["bySlug"] == {
        "id": str(stranger.id),
        "deletedAt": None,
    }
