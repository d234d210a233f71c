"""Erasing somebody in one organization, which learns nothing of the others that they are in."""

from typing import Any

import asyncpg
import pytest

from app.db.columns import new_id
from tests.api import Api
from tests.db.test_identity import JOIN, roles
from tests.erasing import erase, preview
from tests.factories import Tenant, make_tenant
from tests.log import events_of
from tests.unchanged import unchanged
from tests.users.test_erase import KNOWN, NAME, second_of, shown, worker

RENAME = 'mutation { updateProfile(input: {name: "Canary"}) { userErrors { code } } }'
FORGOTTEN = (None, None, False, "Deleted user", None, None)


async def elsewhere(superuser: "asyncpg.Connection[Any]", tenant: Tenant) -> Tenant:
    """Another organization that the tenant's second person is in."""
    other = await make_tenant(superuser)
    await superuser.execute(JOIN, other.id, new_id(), tenant.users[1], "MEMBER")
    return other


@pytest.mark.parametrize("alone", [True, False])
async def test_an_owner_sees_no_difference_between_who_is_theirs_alone_and_who_is_not(
    api: Api, superuser: "asyncpg.Connection[Any]", alone: bool
) -> None:
    tenant = await worker(superuser)
    other = None if alone else await elsewhere(superuser, tenant)
    user, second = tenant.users[1], second_of(tenant)
    await api.data(RENAME, who=second)
    counts = await preview(api, tenant.owner, user, tenant)
    assert counts == {
        "organizationMembers": 1,
        "teamMembers": 1,
        "tasks": 1,
        "invitations": 0,
        "events": 1,
        "apiKeys": 0,
        "lastOwnerOf": [],
    }

    assert await erase(api, tenant.owner, user, tenant) == {"erasedId": str(user), "userErrors": []}

    found = await shown(api, tenant)
    nobody = found["members"]["nodes"][0]["user"]
    assert (nobody["name"], nobody["isErased"]) == ("Deleted user", True)
    assert found["tasks"]["nodes"][0] == {"title": "Task 2", "creator": nobody, "assignee": {"user": nobody}}
    assert await api.data(NAME, who=tenant.owner, id=str(user)) == {"node": None}
    assert await preview(api, tenant.owner, user, tenant) is None
    assert [
        (one["type"], one["actor_id"], one["changes"].get("name")) for one in await events_of(superuser, tenant)
    ] == [
        ("UPDATED", user, [None, None]),
        ("DELETED", tenant.users[0], None),
        ("PURGED", tenant.users[0], None),
    ]
    known = await superuser.fetchrow(KNOWN, user)
    if other is None:
        assert known == FORGOTTEN
    else:
        assert known == (second, second, True, "Canary", None, None)
        assert await roles(api, second) == {str(other.id): "MEMBER"}
        assert await api.data(NAME, who=other.owner, id=str(user)) == {"node": {"name": "Canary"}}
        assert (await events_of(superuser, other))[0]["changes"] == {"name": ["Person 2", "Canary"]}


async def test_what_is_of_other_organizations_stays(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """Invitations of them, and their trash, also where the account goes."""
    tenant, other = await make_tenant(superuser, members=2), await make_tenant(superuser)
    await superuser.execute("UPDATE invitations SET email = $1 WHERE id = $2", second_of(tenant), other.invitations[0])
    async with unchanged(superuser, other):
        await erase(api, tenant.owner, tenant.users[1], tenant)
    assert await superuser.fetchrow(KNOWN, tenant.users[1]) == FORGOTTEN


async def test_who_was_removed_elsewhere_keeps_their_account(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    other = await elsewhere(superuser, tenant)
    left = "UPDATE organization_members SET deleted_at = now() WHERE organization_id = $1 AND user_id = $2"
    await superuser.execute(left, other.id, tenant.users[1])
    await erase(api, tenant.owner, tenant.users[1], tenant)
    known = await superuser.fetchrow(KNOWN, tenant.users[1])
    assert known is not None
    assert known["name"] == "Person 2"


async def test_anybody_erases_themselves_in_one_organization_and_keeps_their_account(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, members=2)
    second, user = second_of(tenant), tenant.users[1]
    assert (await erase(api, second, user, tenant))["erasedId"] == str(user)
    assert await roles(api, second) == {}
    assert (await superuser.fetchrow(KNOWN, user))["name"] == "Person 2"  # type: ignore[index]  # it is there
    assert (await shown(api, tenant))["members"]["nodes"][0]["user"]["name"] == "Deleted user"


async def test_an_owner_erases_somebody_who_was_removed(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    remove = "mutation ($id: ID!) { removeOrganizationMember(id: $id) { deletedIds } }"
    await api.data(remove, who=tenant.owner, id=str(tenant.members[1]))
    await erase(api, tenant.owner, tenant.users[1], tenant)
    assert await superuser.fetchrow(KNOWN, tenant.users[1]) == FORGOTTEN
    assert (await shown(api, tenant))["trash"] == {"totalCount": 0}


async def test_who_is_invited_again_is_nobody_from_before(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await worker(superuser)
    await elsewhere(superuser, tenant)
    await erase(api, tenant.owner, tenant.users[1], tenant)
    await superuser.execute(JOIN, tenant.id, new_id(), tenant.users[1], "MEMBER")
    found = await shown(api, tenant)
    assert found["tasks"]["nodes"][0]["assignee"]["user"]["name"] == "Deleted user"
