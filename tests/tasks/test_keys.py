"""Keys that several tasks have had: which of them a key finds."""

from typing import Any
from uuid import UUID

import asyncpg

from app.db.columns import new_id
from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.tasks.test_move import find, move

DELETE = "mutation ($id: ID!) { deleteTeam(id: $id) { userErrors { code } } }"
RENAME = "mutation ($id: ID!, $key: String!) { updateTeam(id: $id, input: {key: $key}) { userErrors { code } } }"
JOIN = """
INSERT INTO organization_members (organization_id, id, user_id, role, created_at, updated_at)
VALUES ($1, $2, $3, 'OWNER', now(), now())
"""


async def rename(api: Api, tenant: Tenant, team: UUID, *keys: str) -> None:
    for key in keys:
        data = await api.data(RENAME, who=tenant.owner, id=str(team), key=key)
        assert data == {"updateTeam": {"userErrors": []}}


async def test_the_key_of_a_deleted_team_finds_the_task_of_the_team_that_has_it_now(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, teams=2)
    await api.data(DELETE, who=tenant.owner, id=str(tenant.teams[0]))
    await rename(api, tenant, tenant.teams[1], "T1")

    assert await find(api, tenant, "T1-1") == str(tenant.tasks[1])


async def test_a_former_key_is_looked_for_in_its_own_organization(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant, other = [await make_tenant(superuser, teams=2) for _ in range(2)]
    await superuser.execute(JOIN, other.id, new_id(), tenant.users[0])
    await move(api, tenant, 0, 1)
    await move(api, other, 0, 1)

    assert await find(api, tenant, "T1-1") == str(tenant.tasks[0])


async def test_a_key_that_a_team_had_before_finds_the_task_that_had_it_since(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, teams=3)
    await rename(api, tenant, tenant.teams[0], "OLD", "NEW")
    await rename(api, tenant, tenant.teams[1], "OLD")
    await move(api, tenant, 1, 2)

    await move(api, tenant, 0, 2)

    assert await find(api, tenant, "OLD-1") == str(tenant.tasks[1])
    assert {await find(api, tenant, key) for key in ("T1-1", "NEW-1")} == {str(tenant.tasks[0])}
