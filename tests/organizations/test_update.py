"""Changing an organization: what is written, and what changes nothing."""

from typing import Any

import asyncpg
import pytest

from tests.api import Api
from tests.factories import make_tenant
from tests.log import events_of
from tests.organizations.documents import MISTAKES, ROW, UPDATE, new_slug
from tests.unchanged import unchanged


async def test_an_update_writes_what_changed(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, slug = await make_tenant(superuser), new_slug()

    data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.id), input={"name": tenant.slug, "slug": slug})

    assert data["updateOrganization"] == {
        "organization": {"name": tenant.slug, "slug": slug, "version": 2},
        "userErrors": [],
    }
    assert dict(await superuser.fetchrow(ROW, tenant.id) or {}) == {
        "name": tenant.slug,
        "slug": slug,
        "version": 2,
        "deleted_at": None,
    }
    assert await events_of(superuser, tenant) == [
        {
            "type": "UPDATED",
            "subject_type": "Organization",
            "subject_id": tenant.id,
            "actor_id": tenant.users[0],
            "changes": {"slug": [tenant.slug, slug]},
        }
    ]


@pytest.mark.parametrize("same", [{}, {"name": "SLUG"}, {"name": " SLUG ", "slug": "SLUG"}])
async def test_nothing_different_changes_nothing(
    api: Api, superuser: "asyncpg.Connection[Any]", same: dict[str, str]
) -> None:
    tenant = await make_tenant(superuser)
    same = {name: value.replace("SLUG", tenant.slug) for name, value in same.items()}
    async with unchanged(superuser, tenant):
        data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.id), input=same)
    assert data["updateOrganization"]["organization"]["version"] == 1


@pytest.mark.parametrize(
    ("wrong", "code", "field"), [*MISTAKES, ({"name": None}, "INVALID", "name"), ({"slug": None}, "INVALID", "slug")]
)
async def test_a_mistake_changes_nothing(
    api: Api, superuser: "asyncpg.Connection[Any]", wrong: dict[str, Any], code: str, field: str
) -> None:
    tenant = await make_tenant(superuser)
    async with unchanged(superuser, tenant):
        data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.id), input={"name": "B", **wrong})
    payload = data["updateOrganization"]
    assert payload["organization"] is None
    assert [(one["code"], one["path"]) for one in payload["userErrors"]] == [(code, ["input", field])]


async def test_the_slug_of_an_organization_of_others_is_taken(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, other = await make_tenant(superuser), await make_tenant(superuser)
    async with unchanged(superuser, tenant, other):
        data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.id), input={"name": "B", "slug": other.slug})
    assert data["updateOrganization"] == {
        "organization": None,
        "userErrors": [
            {
                "code": "TAKEN",
                "message": "Another organization has this slug: choose another.",
                "path": ["input", "slug"],
            }
        ],
    }


async def test_an_old_version_is_a_conflict(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    variables = {"id": str(tenant.id), "input": {"name": "B"}}
    await api.data(UPDATE, who=tenant.owner, version=1, **variables)

    async with unchanged(superuser, tenant):
        data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.id), input={"name": "C"}, version=1)

    assert data["updateOrganization"] == {
        "organization": {"name": "B", "slug": tenant.slug, "version": 2},
        "userErrors": [
            {
                "code": "CONFLICT",
                "message": "It has changed since: its version is 2, not 1. Look at it and try again.",
                "path": ["expectedVersion"],
            }
        ],
    }
