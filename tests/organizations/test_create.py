"""Making an organization: what it is, who owns it, and what is refused."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest
from pydantic import SecretStr

from app.config import Settings
from app.db.columns import new_id
from tests.api import SECRET, Api, serving
from tests.factories import Tenant, make_tenant
from tests.log import events_of
from tests.organizations.documents import CREATE, MISTAKES, ROW, UPDATE, new_slug
from tests.unchanged import unchanged


async def test_who_makes_an_organization_owns_it(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, slug = await make_tenant(superuser), new_slug()

    payload = (await api.data(CREATE, who=tenant.owner, input={"name": " New\n", "slug": f" {slug} "}))[
        "createOrganization"
    ]

    made = payload["organization"].pop("id")
    assert payload == {
        "organization": {
            "name": "New",
            "slug": slug,
            "version": 1,
            "deletedAt": None,
            "viewerRole": "OWNER",
            "members": {"nodes": [{"role": "OWNER", "user": {"email": tenant.owner}}]},
            "teams": {"nodes": []},
            "tasks": {"totalCount": 0},
        },
        "userErrors": [],
    }
    assert dict(await superuser.fetchrow(ROW, made) or {}) == {
        "name": "New",
        "slug": slug,
        "version": 1,
        "deleted_at": None,
    }
    founded, joined = await events_of(superuser, Tenant(UUID(made), slug, tenant.owner))
    member = await superuser.fetchval("SELECT id FROM organization_members WHERE organization_id = $1", made)
    assert founded == {
        "type": "CREATED",
        "subject_type": "Organization",
        "subject_id": UUID(made),
        "actor_id": tenant.users[0],
        "changes": {"name": [None, "New"], "slug": [None, slug]},
    }
    assert joined == {
        "type": "CREATED",
        "subject_type": "OrganizationMember",
        "subject_id": member,
        "actor_id": tenant.users[0],
        "changes": {"user_id": [None, str(tenant.users[0])], "role": [None, "OWNER"]},
    }


async def test_a_person_without_any_organization_makes_one(api: Api) -> None:
    who = f"{new_id().hex}@example.com"
    data = await api.data(CREATE, who=who, input={"name": "First", "slug": new_slug()})
    assert data["createOrganization"]["organization"]["viewerRole"] == "OWNER"
    listed = await api.data("{ viewer { organizations { nodes { name viewerRole } } } }", who=who)
    assert listed["viewer"]["organizations"]["nodes"] == [{"name": "First", "viewerRole": "OWNER"}]


async def test_two_organizations_are_made_at_once(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, slugs = await make_tenant(superuser), [new_slug(), new_slug()]
    wanted = "organization { viewerRole members { nodes { user { email } } } }"
    fields = [
        f'{name}: createOrganization(input: {{name: "A", slug: "{slug}"}}) {{ {wanted} }}'
        for name, slug in zip("ab", slugs, strict=True)
    ]

    data = await api.data(f"mutation {{ {' '.join(fields)} }}", who=tenant.owner)

    owner = {"viewerRole": "OWNER", "members": {"nodes": [{"user": {"email": tenant.owner}}]}}
    assert data == {"a": {"organization": owner}, "b": {"organization": owner}}
    listed = await api.data("{ organizations { nodes { slug viewerRole } } }", who=tenant.owner)
    assert sorted(one["slug"] for one in listed["organizations"]["nodes"]) == sorted([*slugs, tenant.slug])


async def test_every_other_process_knows_a_new_organization_at_once(
    api: Api, superuser: "asyncpg.Connection[Any]", database: Any
) -> None:
    tenant, slug = await make_tenant(superuser), new_slug()
    query = "{ organizations { totalCount } }"
    settings = Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET))
    async with serving(settings) as other:
        assert await other.data(query, who=tenant.owner) == {"organizations": {"totalCount": 1}}

        await api.data(CREATE, who=tenant.owner, input={"name": "New", "slug": slug})

        assert await other.data(query, who=tenant.owner) == {"organizations": {"totalCount": 2}}


@pytest.mark.parametrize(("wrong", "code", "field"), MISTAKES)
async def test_a_mistake_makes_no_organization(
    api: Api, superuser: "asyncpg.Connection[Any]", wrong: dict[str, str], code: str, field: str
) -> None:
    tenant = await make_tenant(superuser)
    before = await superuser.fetchval("SELECT count(*) FROM organizations")

    async with unchanged(superuser, tenant):
        data = await api.data(CREATE, who=tenant.owner, input={"name": "New", "slug": new_slug(), **wrong})

    payload = data["createOrganization"]
    assert payload["organization"] is None
    assert [(one["code"], one["path"]) for one in payload["userErrors"]] == [(code, ["input", field])]
    assert await superuser.fetchval("SELECT count(*) FROM organizations") == before


async def test_all_mistakes_are_told_at_once(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    data = await api.data(CREATE, who=tenant.owner, input={"name": "", "slug": "?"})
    assert data["createOrganization"]["userErrors"] == [
        {"code": "BLANK", "message": "Write something here.", "path": ["input", "name"]},
        {
            "code": "INVALID",
            "message": "2 to 50 of the characters a-z, 0-9 and `-` are allowed.",
            "path": ["input", "slug"],
        },
    ]


async def test_a_slug_is_taken_by_an_organization_of_others(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, other = await make_tenant(superuser), await make_tenant(superuser)
    taken = {
        "code": "TAKEN",
        "message": "Another organization has this slug: choose another.",
        "path": ["input", "slug"],
    }
    async with unchanged(superuser, tenant, other):
        made = await api.data(CREATE, who=tenant.owner, input={"name": "New", "slug": other.slug})
        changed = await api.data(UPDATE, who=tenant.owner, id=str(tenant.id), input={"slug": other.slug})
    assert made["createOrganization"] == {"organization": None, "userErrors": [taken]}
    assert changed["updateOrganization"] == {"organization": None, "userErrors": [taken]}


async def test_a_field_that_fails_takes_the_new_role_back(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, slug = await make_tenant(superuser), new_slug()
    wanted = "{ organization { slug viewerRole } userErrors { code } }"
    document = f"""mutation {{
        taken: createOrganization(input: {{name: "A", slug: "{tenant.slug}"}}) {wanted}
        made: createOrganization(input: {{name: "A", slug: "{slug}"}}) {wanted}
        same: createOrganization(input: {{name: "A", slug: "{slug}"}}) {wanted}
        changed: updateOrganization(id: "{tenant.id}", input: {{name: "B"}}) {wanted}
    }}"""

    data = await api.data(document, who=tenant.owner)

    refused = {"organization": None, "userErrors": [{"code": "TAKEN"}]}
    assert data == {
        "taken": refused,
        "made": {"organization": {"slug": slug, "viewerRole": "OWNER"}, "userErrors": []},
        "same": refused,
        "changed": {"organization": {"slug": tenant.slug, "viewerRole": "OWNER"}, "userErrors": []},
    }
    assert [event["type"] for event in await events_of(superuser, tenant)] == ["UPDATED"]
    assert await superuser.fetchval("SELECT count(*) FROM organizations WHERE slug = $1", slug) == 1
