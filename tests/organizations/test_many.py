"""How many organizations a person may make: each has points of its own."""

import asyncio
from typing import Any

import asyncpg

from app.db.columns import new_id
from tests.api import Api
from tests.conftest import Database
from tests.factories import make_tenant
from tests.organizations.documents import DELETE
from tests.rates.test_points import limited

CREATE = 'mutation ($slug: String!) { createOrganization(input: {name: "New", slug: $slug}) { userErrors { %s } } }'
MISTAKES = CREATE % "code message path"
OWNED = "SELECT count(*) FROM organization_members WHERE user_id = $1 AND role = 'OWNER'"
FULL = {
    "code": "LIMIT_EXCEEDED",
    "message": "You may own 3 organizations, those in the trash included: make somebody else the owner of one, or "
    "purge one.",
    "path": ["input"],
}


async def create(api: Api, who: str) -> Any:
    """The mistakes."""
    data = await api.data(MISTAKES, who=who, slug=f"new-{new_id().hex}")
    return data["createOrganization"]["userErrors"]


async def test_a_person_makes_so_many_organizations_and_no_more(
    database: Database, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, members=2)
    async with limited(database, max_organizations=3) as api:
        made = await asyncio.gather(*(create(api, tenant.owner) for _ in range(6)))

        assert sorted(map(len, made)) == [0, 0, 1, 1, 1, 1]
        assert [errors[0] for errors in made if errors] == [FULL] * 4
        assert await superuser.fetchval(OWNED, tenant.users[0]) == 3
        # Those in the trash count, and those of which one is no owner do not.
        await api.data(DELETE, who=tenant.owner, id=str(tenant.id))
        assert await create(api, tenant.owner) == [FULL]
        assert await create(api, tenant.owner.replace("person1", "person2")) == []


async def test_one_request_makes_no_more_either(database: Database, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    fields = " ".join(
        f'a{place}: createOrganization(input: {{name: "New", slug: "new-{new_id().hex}"}}) {{ userErrors {{ code }} }}'
        for place in range(4)
    )
    async with limited(database, max_organizations=3) as api:
        data = await api.data(f"mutation {{ {fields} }}", who=tenant.owner)

    assert [[error["code"] for error in payload["userErrors"]] for payload in data.values()] == [
        [],
        [],
        ["LIMIT_EXCEEDED"],
        ["LIMIT_EXCEEDED"],
    ]
    assert await superuser.fetchval(OWNED, tenant.users[0]) == 3


async def test_an_operator_may_let_nobody_make_any(database: Database, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    async with limited(database, max_organizations=0) as api:
        [error] = await create(api, tenant.owner)

    assert error["code"] == "LIMIT_EXCEEDED"
    assert error["message"] == "On this server organizations are made by whoever runs it: ask them for one."
