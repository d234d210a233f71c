"""Who somebody is follows their identity provider: verified addresses and names are taken over at the next sign-in."""

import asyncio
from time import time
from typing import Any
from uuid import UUID

import asyncpg

from app.db.columns import new_id
from tests.api import Api
from tests.db.test_identity import JOIN, invite, roles, somebody, viewer
from tests.factories import Tenant, make_tenant
from tests.log import events_of

OWNS = "SELECT owns_email FROM users WHERE id = $1"


async def joined(api: Api, superuser: "asyncpg.Connection[Any]", claims: dict[str, Any]) -> tuple[Tenant, UUID]:
    """A tenant of which the bearer of the claims is a member, and who they are."""
    tenant, user_id = await make_tenant(superuser), UUID((await viewer(api, claims))["id"])
    await superuser.execute(JOIN, tenant.id, new_id(), user_id, "MEMBER")
    return tenant, user_id


async def test_a_new_name_and_address_are_told_in_each_organization(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    claims = somebody()
    tenant, user_id = await joined(api, superuser, claims)
    other = await make_tenant(superuser)
    await superuser.execute(JOIN, other.id, new_id(), user_id, "MEMBER")
    later = claims | {"name": "Other Name", "email": f"new-{claims['email']}"}

    user = await viewer(api, later)

    assert (user["id"], user["name"], user["email"]) == (str(user_id), "Other Name", later["email"])
    for one in (tenant, other):
        assert await events_of(superuser, one) == [
            {
                "type": "UPDATED",
                "subject_type": "User",
                "subject_id": user_id,
                "actor_id": user_id,
                "changes": {"email": [claims["email"], later["email"]], "name": ["Some Body", "Other Name"]},
            }
        ]
    await viewer(api, later)
    assert len(await events_of(superuser, tenant)) == 1


async def test_a_token_from_before_takes_nothing_back(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    claims = somebody() | {"iat": int(time()) - 60}
    tenant, _ = await joined(api, superuser, claims)
    await viewer(api, claims | {"name": "Newest", "iat": int(time())})

    assert (await viewer(api, claims | {"name": "Older", "iat": int(time()) - 30}))["name"] == "Newest"
    assert len(await events_of(superuser, tenant)) == 1


async def test_an_address_that_nobody_vouches_for_is_not_taken_over(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    claims = somebody()
    tenant, _ = await joined(api, superuser, claims)
    later = claims | {"email": f"boss-{claims['email']}", "email_verified": False}
    assert (await viewer(api, later))["email"] == claims["email"]
    assert await events_of(superuser, tenant) == []


async def test_an_address_of_another_account_stays_that_accounts(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    claims, victim = somebody(), await make_tenant(superuser)
    tenant, _ = await joined(api, superuser, claims)
    assert (await viewer(api, claims | {"email": victim.owner.upper()}))["email"] == claims["email"]
    assert await events_of(superuser, tenant) == []
    assert await superuser.fetchval(OWNS, victim.users[0])


async def test_who_was_put_there_by_their_address_is_found_once_it_is_verified(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    """They signed in before, with the address unverified, and have an organization of their own by then."""
    claims = somebody()
    own, user_id = await joined(api, superuser, claims | {"email_verified": False})
    guest, tenant = await invite(superuser, claims["email"].upper()), await make_tenant(superuser)
    await superuser.execute(JOIN, tenant.id, new_id(), guest, "ADMIN")
    assert await roles(api, claims["sub"]) == {str(own.id): "MEMBER"}

    answers = await asyncio.gather(*(viewer(api, claims) for _ in range(4)))

    assert {(one["id"], one["email"]) for one in answers} == {(str(user_id), claims["email"])}
    assert await roles(api, claims["sub"]) == {str(own.id): "MEMBER", str(tenant.id): "ADMIN"}
    assert [await superuser.fetchval(OWNS, one) for one in (user_id, guest)] == [True, False]


async def test_where_they_are_a_member_themselves_the_other_membership_stays_apart(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    claims = somebody()
    tenant, _ = await joined(api, superuser, claims | {"email_verified": False})
    guest = await invite(superuser, claims["email"])
    await superuser.execute(JOIN, tenant.id, new_id(), guest, "ADMIN")

    await viewer(api, claims)

    assert await roles(api, claims["sub"]) == {str(tenant.id): "MEMBER"}


async def test_who_lies_in_wait_at_an_address_is_not_who_is_named_by_it(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    claims = somebody()
    squatter = claims | {"sub": f"squatter-{claims['sub']}", "email_verified": False}
    waiting = await viewer(api, squatter)
    guest = await invite(superuser, claims["email"])
    assert (await viewer(api, claims))["id"] == str(guest)
    assert (await viewer(api, squatter | {"email_verified": True}))["id"] == waiting["id"]
    assert await superuser.fetchval(OWNS, guest)
    assert not await superuser.fetchval(OWNS, UUID(waiting["id"]))
