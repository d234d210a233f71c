"""Bringing people into an organization: who they are, what they are told, and what is refused."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.db.columns import new_id
from tests.api import Api
from tests.conftest import Database
from tests.factories import make_tenant
from tests.locks import until_waiting
from tests.log import events_of
from tests.members.documents import ADD, REMOVE
from tests.unchanged import unchanged

PEOPLE = "SELECT count(*) FROM users"


async def test_an_unknown_address_is_invited(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, email = await make_tenant(superuser), f"Ann.{new_id().hex}@example.com"
    given = {"organizationId": str(tenant.id), "email": f" {email}\n", "role": "ADMIN"}

    payload = (await api.data(ADD, who=tenant.owner, input=given))["addOrganizationMember"]

    added = payload["organizationMember"].pop("id")
    assert payload == {
        "organizationMember": {
            "role": "ADMIN",
            "user": {"name": email.partition("@")[0], "email": email},
            "organization": {"members": {"totalCount": 2}},
            "teams": {"totalCount": 0},
        },
        "userErrors": [],
    }
    user = await superuser.fetchrow("SELECT id, subject FROM users WHERE email = $1", email)
    assert user is not None
    assert user["subject"] is None
    assert await events_of(superuser, tenant) == [
        {
            "type": "CREATED",
            "subject_type": "OrganizationMember",
            "subject_id": UUID(added),
            "actor_id": tenant.users[0],
            "changes": {"user_id": [None, str(user["id"])], "role": [None, "ADMIN"]},
        }
    ]


async def test_who_is_invited_finds_the_organization_when_they_sign_in(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant, email = await make_tenant(superuser), f"{new_id().hex}@example.com"
    await api.data(ADD, who=tenant.owner, input={"organizationId": str(tenant.id), "email": email.upper()})
    data = await api.data("{ organizations { nodes { slug viewerRole } } }", who=email)
    assert data["organizations"]["nodes"] == [{"slug": tenant.slug, "viewerRole": "MEMBER"}]


async def test_a_known_address_is_that_person(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, other = await make_tenant(superuser), await make_tenant(superuser)
    await api.data("{ organizations { totalCount } }", who=other.owner)  # the process knows their roles by now
    before = await superuser.fetchval(PEOPLE)

    given = {"organizationId": str(tenant.id), "email": other.owner.upper()}
    payload = (await api.data(ADD, who=tenant.owner, input=given))["addOrganizationMember"]

    assert payload["organizationMember"]["user"] == {"name": "Person 1", "email": other.owner}
    assert await superuser.fetchval(PEOPLE) == before
    listed = await api.data("{ organizations { totalCount } }", who=other.owner)
    assert listed == {"organizations": {"totalCount": 2}}


@pytest.mark.parametrize("email", ["", "nobody", "@example.com", "a@", "a b@example.com", "a@b@c"])
async def test_what_is_no_address_is_refused(api: Api, superuser: "asyncpg.Connection[Any]", email: str) -> None:
    tenant = await make_tenant(superuser)
    before = await superuser.fetchval(PEOPLE)

    async with unchanged(superuser, tenant):
        data = await api.data(ADD, who=tenant.owner, input={"organizationId": str(tenant.id), "email": email})

    assert data["addOrganizationMember"] == {
        "organizationMember": None,
        "userErrors": [{"code": "INVALID", "message": "This is no e-mail address.", "path": ["input", "email"]}],
    }
    assert await superuser.fetchval(PEOPLE) == before


async def test_a_member_is_not_added_again(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    email = tenant.owner.replace("person1", "person2")

    async with unchanged(superuser, tenant):
        data = await api.data(ADD, who=tenant.owner, input={"organizationId": str(tenant.id), "email": email})

    assert data["addOrganizationMember"] == {
        "organizationMember": None,
        "userErrors": [
            {
                "code": "TAKEN",
                "message": "They are a member of the organization already.",
                "path": ["input", "email"],
            }
        ],
    }


async def test_a_removed_member_comes_back_as_a_new_one(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    await api.data(REMOVE, who=tenant.owner, id=str(tenant.members[1]))

    given = {"organizationId": str(tenant.id), "email": tenant.owner.replace("person1", "person2")}
    payload = (await api.data(ADD, who=tenant.owner, input=given))["addOrganizationMember"]

    assert payload["userErrors"] == []
    assert payload["organizationMember"]["id"] != str(tenant.members[1])
    assert payload["organizationMember"]["teams"] == {"totalCount": 0}


async def test_of_the_organization_of_others_nothing_is_told(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, stranger = await make_tenant(superuser), await make_tenant(superuser)
    answers = []
    async with unchanged(superuser, tenant, stranger):
        for organization_id in (tenant.id, new_id()):
            given = {"organizationId": str(organization_id), "email": stranger.owner}
            answers.append(await api.data(ADD, who=stranger.owner, input=given))
    assert answers[0] == answers[1]
    assert answers[0]["addOrganizationMember"]["userErrors"] == [
        {"code": "NOT_FOUND", "message": "There is no such organization.", "path": ["input", "organizationId"]}
    ]


async def test_nobody_joins_a_deleted_organization(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await api.data(f'mutation {{ deleteOrganization(id: "{tenant.id}") {{ deletedIds }} }}', who=tenant.owner)
    async with unchanged(superuser, tenant):
        data = await api.data(ADD, who=tenant.owner, input={"organizationId": str(tenant.id), "email": "a@b"})
    assert data["addOrganizationMember"]["userErrors"] == [
        {
            "code": "PARENT_DELETED",
            "message": "The organization is deleted: restore it first.",
            "path": ["input", "organizationId"],
        }
    ]


async def test_an_admin_makes_no_owners(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    await superuser.execute("UPDATE organization_members SET role = 'ADMIN' WHERE id = $1", tenant.members[1])
    given = {"organizationId": str(tenant.id), "email": f"{new_id().hex}@example.com", "role": "OWNER"}

    async with unchanged(superuser, tenant):
        error = await api.error(ADD, who=tenant.owner.replace("person1", "person2"), input=given)

    assert (error["extensions"]["code"], error["message"]) == (
        "FORBIDDEN",
        "Only an owner makes, changes and removes owners.",
    )


async def test_only_the_field_that_fails_is_undone(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, email = await make_tenant(superuser), f"{new_id().hex}@example.com"
    wanted = "{ organizationMember { organization { members { nodes { user { email } } } } } userErrors { code } }"
    fields = [
        f'{name}: addOrganizationMember(input: {{organizationId: "{tenant.id}", email: "{address}"}}) {wanted}'
        for name, address in (("a", email), ("b", email.upper()), ("c", f"c{email}"))
    ]

    data = await api.data(f"mutation {{ {' '.join(fields)} }}", who=tenant.owner)

    def shown(*emails: str) -> dict[str, Any]:
        nodes = [{"user": {"email": one}} for one in emails]
        return {"organizationMember": {"organization": {"members": {"nodes": nodes}}}, "userErrors": []}

    assert data == {
        "a": shown(tenant.owner, email),
        "b": {"organizationMember": None, "userErrors": [{"code": "TAKEN"}]},
        "c": shown(tenant.owner, email, f"c{email}"),
    }
    assert [event["type"] for event in await events_of(superuser, tenant)] == ["CREATED", "CREATED"]


async def test_what_somebody_did_where_they_are_removed_meanwhile_is_kept(
    api: Api, superuser: "asyncpg.Connection[Any]", database: Database
) -> None:
    """They did it while they were a member; then they wait to add somebody to another organization."""
    tenant, other = await make_tenant(superuser, members=2), await make_tenant(superuser)
    take_over = "UPDATE organization_members SET user_id = $1 WHERE id = $2"
    await superuser.execute(take_over, tenant.users[1], other.members[0])
    document = f"""mutation {{
        updateTask(id: "{tenant.tasks[1]}", input: {{title: "Farewell"}}) {{ userErrors {{ code }} }}
        addOrganizationMember(input: {{organizationId: "{other.id}", email: "ada@example.com"}}) {{
            userErrors {{ code }}
        }}
    }}"""
    holding = await asyncpg.connect(database.superuser_url)
    async with holding.transaction():
        await holding.execute("SELECT FROM organizations WHERE id = $1 FOR UPDATE", other.id)
        answer = asyncio.create_task(api.data(document, who=tenant.owner.replace("person1", "person2")))
        await until_waiting(superuser)
        await superuser.execute("UPDATE organization_members SET deleted_at = now() WHERE id = $1", tenant.members[1])

    assert await answer == {"updateTask": {"userErrors": []}, "addOrganizationMember": {"userErrors": []}}
    await holding.close()
    assert [event["changes"] for event in await events_of(superuser, tenant)] == [{"title": ["Task 2", "Farewell"]}]
