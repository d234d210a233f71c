"""Owners: only they make and remove owners, and one is always left."""

import asyncio
from typing import Any

import asyncpg
import pytest

from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.locks import until_waiting
from tests.log import events_of
from tests.members.documents import LAST_OWNER, REMOVE, UPDATE
from tests.members.roles import give_role, roles
from tests.unchanged import unchanged

FIELDS = {
    "update": 'updateOrganizationMember(id: "ID", role: ADMIN) { userErrors { code } }',
    "remove": 'removeOrganizationMember(id: "ID") { userErrors { code } }',
    "restore": 'restoreOrganizationMember(id: "ID") { userErrors { code } }',
}


async def test_an_owner_who_steps_down_is_no_owner_in_the_next_field(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, members=2)
    await give_role(superuser, tenant, 2, "OWNER")
    document = f"""mutation {{
        down: updateOrganizationMember(id: "{tenant.members[0]}", role: MEMBER) {{
            organizationMember {{ role organization {{ viewerRole }} }}
        }}
        up: updateOrganizationMember(id: "{tenant.members[0]}", role: OWNER) {{ userErrors {{ code }} }}
    }}"""

    body = await api.ask(document, who=tenant.owner)

    assert [(error["path"], error["extensions"]["code"]) for error in body["errors"]] == [(["up"], "FORBIDDEN")]
    assert body["data"] == {
        "down": {"organizationMember": {"role": "MEMBER", "organization": {"viewerRole": "MEMBER"}}},
        "up": None,
    }
    assert await roles(superuser, tenant) == ["MEMBER", "OWNER"]


@pytest.mark.parametrize("role", ["ADMIN", "MEMBER"])
async def test_the_last_owner_stays_owner(api: Api, superuser: "asyncpg.Connection[Any]", role: str) -> None:
    tenant = await make_tenant(superuser, members=2)
    variables = {"id": str(tenant.members[0])}
    async with unchanged(superuser, tenant):
        demoted = await api.data(UPDATE, who=tenant.owner, role=role, **variables)
        left = await api.data(REMOVE, who=tenant.owner, **variables)
    assert demoted["updateOrganizationMember"] == {
        "organizationMember": None,
        "userErrors": [{**LAST_OWNER, "path": ["role"]}],
    }
    assert left["removeOrganizationMember"] == {
        "deletedIds": [],
        "deletion": None,
        "userErrors": [{**LAST_OWNER, "path": ["id"]}],
    }


async def test_a_removed_owner_does_not_count(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    await give_role(superuser, tenant, 2, "OWNER")
    await api.data(REMOVE, who=tenant.owner, id=str(tenant.members[1]))
    async with unchanged(superuser, tenant):
        data = await api.data(REMOVE, who=tenant.owner, id=str(tenant.members[0]))
    assert data["removeOrganizationMember"]["userErrors"] == [{**LAST_OWNER, "path": ["id"]}]


@pytest.mark.parametrize("field", FIELDS)
async def test_an_admin_leaves_owners_alone(api: Api, superuser: "asyncpg.Connection[Any]", field: str) -> None:
    tenant = await make_tenant(superuser, members=3)
    admin = await give_role(superuser, tenant, 2, "ADMIN")
    await give_role(superuser, tenant, 3, "OWNER")
    if field == "restore":
        await api.data(REMOVE, who=tenant.owner, id=str(tenant.members[2]))
    document = f"mutation {{ {FIELDS[field].replace('ID', str(tenant.members[2]))} }}"

    async with unchanged(superuser, tenant):
        error = await api.error(document, who=admin)

    assert error["message"] == "Only an owner makes, changes and removes owners."


async def test_an_admin_makes_nobody_owner(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    admin = await give_role(superuser, tenant, 2, "ADMIN")
    async with unchanged(superuser, tenant):
        error = await api.error(UPDATE, who=admin, id=str(tenant.members[1]), role="OWNER")
    assert error["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize("first", [1, 2])
@pytest.mark.parametrize("document", [UPDATE, REMOVE])
async def test_of_two_owners_who_remove_each_other_at_once_one_stays(
    api: Api, superuser: "asyncpg.Connection[Any]", document: str, first: int
) -> None:
    tenant = await make_tenant(superuser, members=2)
    second = 3 - first
    await give_role(superuser, tenant, 2, "OWNER")

    bodies = await one_after_the_other(api, superuser, tenant, [(document, first, second), (document, second, first)])

    refused, done = sorted(bodies, key=lambda body: "errors" not in body)  # PostgreSQL may let either go first
    assert "errors" not in done
    assert {error["extensions"]["code"] for error in refused["errors"]} <= {"FORBIDDEN", "NOT_FOUND"}
    assert (await roles(superuser, tenant)).count("OWNER") == 1
    assert len(await events_of(superuser, tenant)) == 1


@pytest.mark.parametrize("first", [1, 2])
@pytest.mark.parametrize("document", [UPDATE, REMOVE])
async def test_of_two_owners_who_leave_at_once_one_stays(
    api: Api, superuser: "asyncpg.Connection[Any]", document: str, first: int
) -> None:
    tenant = await make_tenant(superuser, members=2)
    second = 3 - first
    await give_role(superuser, tenant, 2, "OWNER")

    bodies = await one_after_the_other(api, superuser, tenant, [(document, first, first), (document, second, second)])

    errors = [next(iter(body["data"].values()))["userErrors"] for body in bodies]
    assert sorted([error["code"] for error in one] for one in errors) == [[], ["LAST_OWNER"]]
    assert (await roles(superuser, tenant)).count("OWNER") == 1


async def test_whoever_is_first_one_owner_stays(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """The same without anybody to hold them up, often enough for every order of their statements."""
    for _ in range(20):
        tenant = await make_tenant(superuser, members=3)
        people = [await give_role(superuser, tenant, place, "OWNER") for place in (1, 2, 3)]
        targets = [tenant.members[1], tenant.members[2], tenant.members[0]]

        bodies = await asyncio.gather(
            *(
                api.ask(UPDATE, who=who, id=str(member), role="MEMBER")
                for who, member in zip(people, targets, strict=True)
            )
        )

        # The third is either an owner no more, or the last one's target no owner any more.
        done = [body for body in bodies if "errors" not in body]
        left = (await roles(superuser, tenant)).count("OWNER")
        assert (len(done), left) == (2, 1) or (len(done), left) == (1, 2), bodies
        assert len(await events_of(superuser, tenant)) == len(done)


async def one_after_the_other(
    api: Api, superuser: "asyncpg.Connection[Any]", tenant: Tenant, asked: list[tuple[str, int, int]]
) -> list[dict[str, Any]]:
    """The answers to requests that have all begun before any of them writes; each says who does it to whom."""
    answers = []
    async with superuser.transaction():
        await superuser.execute("SELECT FROM organizations WHERE id = $1 FOR UPDATE", tenant.id)
        for waiting, (document, actor, target) in enumerate(asked, start=1):
            variables = {"id": str(tenant.members[target - 1]), "role": "MEMBER"}
            who = tenant.owner.replace("person1", f"person{actor}")
            answers.append(asyncio.create_task(api.ask(document, who=who, **variables)))
            await until_waiting(superuser, waiting)
    return await asyncio.gather(*answers)
