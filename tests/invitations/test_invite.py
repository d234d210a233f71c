"""Inviting an address: what the organization has of it, what the inviter is told, and what is refused."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.auth.secrets import hash_of
from app.db.columns import new_id, now
from tests.api import Api
from tests.factories import make_tenant
from tests.joining import INVITE, invited, join
from tests.log import events_of
from tests.unchanged import unchanged
from tests.walk import NOBODY

RESEND = """mutation ($id: ID!, $days: Int!) { resendInvitation(id: $id, expiresInDays: $days) {
    invitation { status expiresAt } secret link userErrors { code message path }
} }"""
REVOKE = """mutation ($id: ID!) { revokeInvitation(id: $id) {
    invitation { status endedAt } userErrors { code message path }
} }"""
LIST = """query ($id: ID!) { organization(by: {id: $id}) {
    invitations { totalCount nodes { id email status } } members { totalCount }
} }"""


def somebody() -> str:
    return f"{new_id().hex}@example.com"


async def test_an_address_is_invited(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, email = await make_tenant(superuser), f"Ann.{new_id().hex}@example.com"
    teams = [{"teamId": str(tenant.teams[0]), "role": "ADMIN"}]

    payload = await invited(api, tenant, f" {email}\n", role="ADMIN", teams=teams, message=" Come! ", expiresInDays=3)

    invitation = payload["invitation"]
    made = UUID(invitation.pop("id"))
    assert now() < (expires := await superuser.fetchval("SELECT expires_at FROM invitations WHERE id = $1", made))
    assert expires < now() + timedelta(days=3)
    assert invitation.pop("expiresAt") == expires.isoformat().replace("+00:00", "Z")
    assert invitation == {
        "email": email,
        "role": "ADMIN",
        "status": "PENDING",
        "message": "Come!",
        "invitedBy": {"name": "Person 1"},
        "teams": [{"role": "ADMIN", "team": {"key": "T1"}}],
    }
    assert (payload["link"], payload["userErrors"]) == (None, [])
    assert re.fullmatch(rf"tri_{made.hex}_[0-9a-f]{{40}}", payload["secret"])
    kept = await superuser.fetchval("SELECT secret_hash FROM invitations WHERE id = $1", made)
    assert kept == hash_of(payload["secret"])
    [event] = await events_of(superuser, tenant)
    assert (event["type"], event["subject_type"], event["subject_id"]) == ("CREATED", "Invitation", made)
    assert event["changes"] == {
        "email": [None, email],
        "role": [None, "ADMIN"],
        "message": [None, "Come!"],
        "expires_at": [None, expires.isoformat()],
    }


async def test_nothing_tells_whether_an_address_has_an_account(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """The same answers but for the ids, as many statements, and nobody new is seen."""
    tenant, other = await make_tenant(superuser), await make_tenant(superuser)
    await invited(api, tenant, somebody())  # what the process knows from then on
    people = await superuser.fetchval("SELECT count(*) FROM users")
    told = []
    for email in (other.owner, other.owner.replace("person1", "nobody0")):
        payload = await invited(api, tenant, email)
        sent = len(api.statements)
        for hidden in ("secret", "link"):
            del payload[hidden]
        for hidden in ("id", "expiresAt"):
            del payload["invitation"][hidden]
        assert payload["invitation"].pop("email") == email
        told.append((payload, sent))
    assert told[0] == told[1]
    assert await superuser.fetchval("SELECT count(*) FROM users") == people
    data = await api.data(LIST, who=tenant.owner, id=str(tenant.id))
    assert data["organization"]["members"] == {"totalCount": 1}
    node = "query ($id: ID!) { node(id: $id) { id } }"
    assert await api.data(node, who=tenant.owner, id=str(other.users[0])) == {"node": None}


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"email": "nobody"}, ("INVALID", "This is no e-mail address.", ["input", "email"])),
        (
            {"email": "vi\u3164c@mix.example"},
            (
                "INVALID",
                "It holds an invisible character (U+3164): type the address anew.",
                ["input", "email"],
            ),
        ),
        ({"expiresInDays": 0}, ("INVALID", "1 to 90 days are allowed.", ["input", "expiresInDays"])),
        ({"expiresInDays": 91}, ("INVALID", "1 to 90 days are allowed.", ["input", "expiresInDays"])),
        (
            {"message": "a" * 1001},
            ("TOO_LONG", "At most 1000 characters are allowed, not 1001.", ["input", "message"]),
        ),
        (
            {"teams": [{"teamId": NOBODY}]},
            ("NOT_FOUND", "There is no such team.", ["input", "teams", "0", "teamId"]),
        ),
        (
            {"teams": [{"teamId": NOBODY}] * 51},
            ("TOO_LONG", "At most 50 teams are allowed.", ["input", "teams"]),
        ),
    ],
    ids=["no address", "invisible", "0 days", "91 days", "long message", "no team", "many teams"],
)
async def test_what_is_wrong_is_told(
    api: Api, superuser: "asyncpg.Connection[Any]", given: dict[str, Any], error: tuple[str, str, list[str]]
) -> None:
    tenant = await make_tenant(superuser)
    async with unchanged(superuser, tenant):
        payload = await invited(api, tenant, **({"email": somebody()} | given))
    code, message, path = error
    assert payload["userErrors"] == [{"code": code, "message": message, "path": path}]
    assert payload["secret"] is None


async def test_teams_of_others_are_as_absent_as_what_never_was(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, other = await make_tenant(superuser), await make_tenant(superuser)
    async with unchanged(superuser, tenant, other):
        payload = await invited(api, tenant, somebody(), teams=[{"teamId": str(other.teams[0])}])
    assert [error["message"] for error in payload["userErrors"]] == ["There is no such team."]


async def test_a_member_is_not_invited(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    async with unchanged(superuser, tenant):
        payload = await invited(api, tenant, tenant.owner.replace("person1", "PERSON2"))
    assert payload["userErrors"] == [
        {"code": "TAKEN", "message": "They are a member of the organization already.", "path": ["input", "email"]}
    ]


async def test_an_address_is_invited_once_at_a_time(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, email = await make_tenant(superuser), somebody()
    first = await invited(api, tenant, email)
    async with unchanged(superuser, tenant):
        again = await invited(api, tenant, email.upper())
    assert again["userErrors"] == [
        {
            "code": "TAKEN",
            "message": "They are invited already: resend that invitation, or revoke it.",
            "path": ["input", "email"],
        }
    ]
    await api.data(REVOKE, who=tenant.owner, id=first["invitation"]["id"])
    third = await invited(api, tenant, email)
    assert third["userErrors"] == []
    over = "UPDATE invitations SET expires_at = now() WHERE id = $1"
    await superuser.execute(over, UUID(third["invitation"]["id"]))
    fourth = await invited(api, tenant, email)
    assert fourth["userErrors"] == []
    nodes = (await api.data(LIST, who=tenant.owner, id=str(tenant.id)))["organization"]["invitations"]["nodes"]
    assert [one["status"] for one in nodes if one["email"].lower() == email] == ["PENDING", "REVOKED", "REVOKED"]


async def test_an_admin_invites_no_owners(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    await superuser.execute("UPDATE organization_members SET role = 'ADMIN' WHERE id = $1", tenant.members[1])
    admin = tenant.owner.replace("person1", "person2")
    given = {"organizationId": str(tenant.id), "email": somebody(), "role": "OWNER"}
    async with unchanged(superuser, tenant):
        error = await api.error(INVITE, who=admin, input=given)
    assert error["message"] == "Only an owner makes, changes and removes owners."
    owners = (await invited(api, tenant, somebody(), role="OWNER"))["invitation"]["id"]
    async with unchanged(superuser, tenant):
        for mutation, variables in ((REVOKE, {}), (RESEND, {"days": 1})):
            error = await api.error(mutation, who=admin, id=owners, **variables)
            assert error["message"] == "Only an owner makes, changes and removes owners."


async def test_of_the_organization_of_others_nothing_is_told(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, stranger = await make_tenant(superuser), await make_tenant(superuser)
    answers = []
    async with unchanged(superuser, tenant, stranger):
        for organization_id in (tenant.id, new_id()):
            given = {"organizationId": str(organization_id), "email": stranger.owner}
            answers.append(await api.data(INVITE, who=stranger.owner, input=given))
    assert answers[0] == answers[1]
    for mutation, variables in ((REVOKE, {}), (RESEND, {"days": 1})):
        errors = [
            (await api.error(mutation, who=stranger.owner, id=str(one), **variables))["message"]
            for one in (tenant.invitations[0], new_id())
        ]
        assert errors == ["There is no such invitation."] * 2


async def test_nobody_is_invited_into_a_deleted_organization(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await api.data(f'mutation {{ deleteOrganization(id: "{tenant.id}") {{ deletedIds }} }}', who=tenant.owner)
    async with unchanged(superuser, tenant):
        payload = await invited(api, tenant, somebody())
    assert [error["code"] for error in payload["userErrors"]] == ["PARENT_DELETED"]


async def test_an_organization_makes_so_many_in_a_day(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await superuser.execute(
        """INSERT INTO invitations (organization_id, id, email, role, status, secret_hash, expires_at, created_at,
                                    updated_at)
           SELECT $1, gen_random_uuid(), 'a' || n || '@example.com', 'MEMBER', 'REVOKED', sha256('a'), now(), now(),
                  now()
           FROM generate_series(1, 499) AS n""",
        tenant.id,
    )
    async with unchanged(superuser, tenant):
        payload = await invited(api, tenant, somebody())
    assert payload["userErrors"] == [
        {
            "code": "LIMIT_EXCEEDED",
            "message": "An organization makes at most 500 invitations in a day: go on tomorrow.",
            "path": ["input", "organizationId"],
        }
    ]


async def test_another_link_ends_the_one_before(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, email = await make_tenant(superuser), somebody()
    first = await invited(api, tenant, email)
    made = first["invitation"]["id"]
    await superuser.execute("UPDATE invitations SET expires_at = now() WHERE id = $1", UUID(made))

    again = (await api.data(RESEND, who=tenant.owner, id=made, days=5))["resendInvitation"]

    assert again["invitation"]["status"] == "PENDING"
    assert again["secret"] != first["secret"]
    kept = await superuser.fetchval("SELECT secret_hash FROM invitations WHERE id = $1", UUID(made))
    assert kept == hash_of(again["secret"])


async def test_what_is_over_is_not_sent_again(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    revoked = (await api.data(REVOKE, who=tenant.owner, id=str(tenant.invitations[0])))["revokeInvitation"]
    assert revoked["invitation"]["status"] == "REVOKED"
    async with unchanged(superuser, tenant):
        again = (await api.data(REVOKE, who=tenant.owner, id=str(tenant.invitations[0])))["revokeInvitation"]
        resent = (await api.data(RESEND, who=tenant.owner, id=str(tenant.invitations[0]), days=5))["resendInvitation"]
    assert again == revoked
    assert resent["userErrors"] == [
        {"code": "INVALID", "message": "It is over: make a new invitation.", "path": ["id"]}
    ]


async def test_one_who_came_in_is_told_apart(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, email = await make_tenant(superuser), somebody()
    await join(api, tenant, email)
    [node] = [
        one
        for one in (await api.data(LIST, who=tenant.owner, id=str(tenant.id)))["organization"]["invitations"]["nodes"]
        if one["email"] == email
    ]
    async with unchanged(superuser, tenant):
        revoked = (await api.data(REVOKE, who=tenant.owner, id=node["id"]))["revokeInvitation"]
    assert node["status"] == "ACCEPTED"
    assert [error["message"] for error in revoked["userErrors"]] == ["It has been answered already."]


async def test_a_retry_is_told_no_secret(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    given = {"organizationId": str(tenant.id), "email": somebody()}
    headers = api.headers(tenant.owner) | {"Idempotency-Key": new_id().hex}
    first, second = [(await api.send_with(headers, INVITE, input=given)).json()["data"] for _ in range(2)]
    assert first["inviteToOrganization"].pop("secret").startswith("tri_")
    assert second["inviteToOrganization"].pop("secret") is None
    assert first == second
