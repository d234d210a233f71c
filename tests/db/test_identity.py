"""Who a token speaks of: made at the first sign-in, never mistaken for another, out as soon as they are removed."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import jwt
import pytest

from app.auth.tokens import sign
from app.db.columns import new_id
from tests.api import GRAPHQL, SECRET, Api
from tests.factories import Tenant, make_tenant

VIEWER = "{ viewer { user { id name email } } }"
ORGANIZATIONS = "{ organizations { nodes { id viewerRole } } }"
JOIN = """
INSERT INTO organization_members (organization_id, id, user_id, role, created_at, updated_at)
VALUES ($1, $2, $3, $4, now(), now())
"""
FIND = """SELECT id, subject, email, name FROM users WHERE lower(email COLLATE "C") = lower($1::text COLLATE "C")"""


async def send(api: Api, claims: dict[str, Any], query: str = VIEWER) -> httpx.Response:
    """The response to a token with these claims beside those that every token has."""
    token = sign(api.settings, subject="nobody", email=None, name=None, ttl=timedelta(hours=1))
    payload = jwt.decode(token, options={"verify_signature": False}) | claims
    headers = {"Authorization": f"Bearer {jwt.encode(payload, SECRET, 'HS256')}"}
    return await api.http.post(GRAPHQL, json={"query": query}, headers=headers)


async def viewer(api: Api, claims: dict[str, Any]) -> dict[str, Any]:
    response = await send(api, claims)
    assert response.status_code == 200, response.text
    user: dict[str, Any] = response.json()["data"]["viewer"]["user"]
    return user


async def refusal(api: Api, claims: dict[str, Any]) -> str:
    """The sentence with which the bearer is turned away."""
    response = await send(api, claims)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="trellis", error="invalid_token"'
    [error] = response.json()["errors"]
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}
    message: str = error["message"]
    return message


def somebody() -> dict[str, Any]:
    """The claims of a person who has never been here."""
    name = new_id().hex
    return {"sub": f"subject-{name}", "email": f"{name}@Example.com", "email_verified": True, "name": "Some Body"}


async def invite(superuser: "asyncpg.Connection[Any]", email: str) -> UUID:
    invited = new_id()
    await superuser.execute(
        "INSERT INTO users (id, email, name, created_at, updated_at) VALUES ($1, $2, 'Invited', now(), now())",
        invited,
        email,
    )
    return invited


async def roles(api: Api, who: str) -> dict[str, str]:
    data = await api.data(ORGANIZATIONS, who=who)
    return {one["id"]: one["viewerRole"] for one in data["organizations"]["nodes"]}


async def test_the_first_sign_in_makes_the_user(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    claims = somebody()
    user = await viewer(api, claims)
    assert (user["name"], user["email"]) == ("Some Body", claims["email"])
    assert [tuple(row) for row in await superuser.fetch(FIND, claims["email"])] == [
        (UUID(user["id"]), claims["sub"], claims["email"], "Some Body")
    ]


async def test_the_next_sign_in_finds_the_same_user(api: Api) -> None:
    claims = somebody()
    first = await viewer(api, claims)
    assert await viewer(api, claims) == first
    assert await viewer(api, {"sub": claims["sub"]}) == first


async def test_a_name_is_made_from_the_address_where_there_is_none(api: Api) -> None:
    claims = somebody()
    del claims["name"]
    assert (await viewer(api, claims))["name"] == claims["email"].partition("@")[0]


async def test_two_first_sign_ins_at_once_make_one_user(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    claims = somebody()
    users = await asyncio.gather(*(viewer(api, claims) for _ in range(8)))
    assert len({user["id"] for user in users}) == 1
    assert len(await superuser.fetch(FIND, claims["email"])) == 1


async def test_two_people_with_one_address_at_once_make_one_user(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    claims = somebody()
    answers = await asyncio.gather(*(send(api, claims | {"sub": f"{claims['sub']}-{one}"}) for one in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401, 401, 401]
    assert len(await superuser.fetch(FIND, claims["email"])) == 1


async def test_a_stranger_without_an_address_is_refused(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    before = await superuser.fetchval("SELECT count(*) FROM users")
    claims = {"sub": f"subject-{new_id().hex}"}
    assert await refusal(api, claims) == (
        "This token names nobody we know, and it has no claim `email`: an account is made of an e-mail address."
    )
    assert await refusal(api, claims | {"email": "vi\u3164c@mix.example", "email_verified": True}) == (
        "This token names nobody we know, and its claim `email` cannot be used (It holds an invisible character "
        "(U+3164): type the address anew.): an account is made of an e-mail address."
    )
    assert await superuser.fetchval("SELECT count(*) FROM users") == before


async def test_the_address_of_somebody_else_is_refused(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    claims = {"sub": f"thief-{new_id().hex}", "email": tenant.owner.upper(), "email_verified": True}
    assert await refusal(api, claims) == (
        "The address in the claim `email` of this token is another account's: sign in as you did before."
    )
    [row] = await superuser.fetch(FIND, tenant.owner)
    assert (row["id"], row["subject"]) == (tenant.users[0], tenant.owner)


async def test_who_has_not_verified_an_address_is_not_told_whether_it_is_anybodys(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    for email in (tenant.owner, f"{new_id().hex}@example.com"):
        user = await viewer(api, {"sub": f"thief-{email}", "email": email, "email_verified": False})
        assert (user["name"], user["email"]) == (email.partition("@")[0], email)
        assert user["id"] != str(tenant.users[0])
        assert await roles(api, f"thief-{email}") == {}


@pytest.mark.parametrize(("claimed", "name"), [("Some Body", "Some Body"), (None, "Invited")])
async def test_an_invited_person_claims_their_invitation_and_has_their_own_name(
    api: Api, superuser: "asyncpg.Connection[Any]", claimed: str | None, name: str
) -> None:
    tenant, claims = await make_tenant(superuser), somebody() | {"name": claimed}
    invited = await invite(superuser, claims["email"].lower())
    await superuser.execute(JOIN, tenant.id, new_id(), invited, "MEMBER")

    user = await viewer(api, claims)

    assert (user["id"], user["name"]) == (str(invited), name)
    assert await roles(api, claims["sub"]) == {str(tenant.id): "MEMBER"}


@pytest.mark.parametrize("verified", [False, None, "false", 1])
async def test_a_person_is_not_claimed_by_an_address_that_nobody_vouches_for(
    api: Api, superuser: "asyncpg.Connection[Any]", verified: Any
) -> None:
    claims = somebody()
    invited = await invite(superuser, claims["email"])
    assert (await viewer(api, claims | {"email_verified": verified}))["id"] != str(invited)
    assert await superuser.fetchval("SELECT subject FROM users WHERE id = $1", invited) is None


async def test_an_invitation_is_claimed_once(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    claims = somebody()
    await invite(superuser, claims["email"])
    answers = await asyncio.gather(*(send(api, claims | {"sub": f"{claims['sub']}-{one}"}) for one in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401, 401, 401]


async def test_a_removed_member_is_out_from_the_next_operation_on(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    assert await roles(api, tenant.owner) == {str(tenant.id): "OWNER"}
    await superuser.execute("UPDATE organization_members SET deleted_at = now() WHERE organization_id = $1", tenant.id)

    document = (
        "query ($id: ID!) { organizations { totalCount } organization(by: {id: $id}) { id } node(id: $id) { id } }"
    )
    data = await api.data(document, who=tenant.owner, id=str(tenant.id))

    assert data == {"organizations": {"totalCount": 0}, "organization": None, "node": None}


async def test_a_new_membership_is_seen_at_once(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    first, second = await make_tenant(superuser), await make_tenant(superuser)
    await roles(api, first.owner)
    await superuser.execute(JOIN, second.id, new_id(), first.users[0], "ADMIN")
    assert await roles(api, first.owner) == {str(first.id): "OWNER", str(second.id): "ADMIN"}


async def test_another_role_is_seen_at_once(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await roles(api, tenant.owner)
    await superuser.execute("UPDATE organization_members SET role = 'ADMIN' WHERE organization_id = $1", tenant.id)
    assert await roles(api, tenant.owner) == {str(tenant.id): "ADMIN"}


async def test_a_member_who_is_still_in_begins_once(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """After a change the fingerprint is the new one: only the first operation has to begin again."""
    tenant = await make_tenant(superuser)
    await roles(api, tenant.owner)
    await superuser.execute("UPDATE organization_members SET role = 'ADMIN' WHERE organization_id = $1", tenant.id)
    assert await begun(api, tenant) == 2
    assert await begun(api, tenant) == 1


async def begun(api: Api, tenant: Tenant) -> int:
    await api.data(VIEWER, who=tenant.owner)
    return len([one for one in api.statements if one.startswith("BEGIN") and "trellis_identify" in one])


async def test_a_role_in_the_token_is_worth_nothing(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    claims = {
        "sub": tenant.owner,
        "role": "ADMIN",
        "roles": ["ADMIN"],
        "organization_ids": [str(new_id())],
        "user_id": str(new_id()),
    }
    response = await send(api, claims, ORGANIZATIONS)
    assert response.json()["data"] == {"organizations": {"nodes": [{"id": str(tenant.id), "viewerRole": "OWNER"}]}}
