"""What is found of somebody who is erased, wherever it is, and what is not theirs."""

from typing import Any
from uuid import UUID

import asyncpg
import orjson

from app.db.columns import new_id
from tests.api import Api
from tests.db.test_identity import JOIN, invite, send, somebody, viewer
from tests.erasing import ERASE, erase, preview
from tests.factories import make_tenant
from tests.idempotency.sending import send as send_again
from tests.joining import ACCEPT, INVITE, invited, join
from tests.log import events_of
from tests.unchanged import unchanged

ANSWERS = "SELECT key, body IS NOT NULL AS kept FROM idempotency_keys WHERE actor_id = $1 ORDER BY key"
INVITED = "SELECT count(*) FROM invitations WHERE organization_id = $1"


async def erase_themselves(api: Api, claims: dict[str, Any], user: str) -> None:
    """Whoever has these claims erases themselves."""
    document = ERASE.replace("($id: ID!, $in: ID)", "").replace("$id", f'"{user}"').replace(", organizationId: $in", "")
    response = await send(api, claims, document)
    assert response.json()["data"]["eraseUser"]["userErrors"] == []


async def test_invitations_of_every_address_that_they_had(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    claims, tenant, other = somebody(), await make_tenant(superuser), await make_tenant(superuser)
    user = (await viewer(api, claims))["id"]
    await superuser.execute(JOIN, tenant.id, new_id(), UUID(user), "MEMBER")
    await invited(api, other, claims["email"], message="Come!")
    later = claims | {"email": f"new-{claims['email']}"}
    await viewer(api, later)
    await invited(api, other, later["email"].upper(), message="Come!")

    await erase_themselves(api, later, user)

    assert [await superuser.fetchval(INVITED, one.id) for one in (tenant, other)] == [1, 1]  # of others
    renamed, *more = await events_of(superuser, tenant)
    assert renamed["changes"] == {"email": [None, None]}
    assert [(one["type"], one["subject_type"]) for one in more] == [
        ("DELETED", "OrganizationMember"),
        ("PURGED", "User"),
    ]
    made, again, *gone = await events_of(superuser, other)
    for one in (made, again):
        assert (one["changes"]["email"], one["changes"]["message"]) == ([None, None], [None, None])
        assert one["changes"]["role"] == [None, "MEMBER"]
    assert [(one["type"], one["subject_type"]) for one in gone] == [("PURGED", "Invitation")] * 2


async def test_an_invitation_by_whose_link_they_came_in(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    claims, tenant = somebody(), await make_tenant(superuser)
    user = (await viewer(api, claims))["id"]
    payload = await invited(api, tenant, f"private-{claims['email']}")
    document = ACCEPT.replace("($by: InvitationBy!)", "").replace("$by", f'{{secret: "{payload["secret"]}"}}')
    assert (await send(api, claims, document)).json()["data"]["acceptInvitation"]["userErrors"] == []
    await erase_themselves(api, claims, user)
    assert await superuser.fetchval(INVITED, tenant.id) == 1


async def test_an_address_that_nobody_vouches_for_leads_to_nothing(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    """Neither the one that they have, nor one that they had before their own was verified."""
    claims, tenant = somebody(), await make_tenant(superuser)
    await invited(api, tenant, claims["email"])
    squatter = claims | {"sub": new_id().hex, "email_verified": False}
    user = (await viewer(api, squatter))["id"]
    async with unchanged(superuser, tenant):
        await erase_themselves(api, squatter, user)

    own = await make_tenant(superuser)
    squatter |= {"sub": new_id().hex}
    user = (await viewer(api, squatter))["id"]
    await superuser.execute(JOIN, own.id, new_id(), UUID(user), "MEMBER")
    squatter |= {"email": f"own-{claims['email']}", "email_verified": True}
    await viewer(api, squatter)
    assert (await events_of(superuser, own))[0]["changes"] == {"email": [None, squatter["email"]]}
    async with unchanged(superuser, tenant):
        await erase_themselves(api, squatter, user)


async def test_an_address_that_is_somebody_elses_by_now_is_theirs(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    claims, own, tenant = somebody(), await make_tenant(superuser), await make_tenant(superuser)
    user = (await viewer(api, claims))["id"]
    await superuser.execute(JOIN, own.id, new_id(), UUID(user), "MEMBER")
    later = claims | {"email": f"new-{claims['email']}"}
    await viewer(api, later)
    successor = claims | {"sub": new_id().hex}
    await viewer(api, successor)
    await invited(api, tenant, claims["email"])
    async with unchanged(superuser, tenant):
        await erase_themselves(api, later, user)
    assert (await viewer(api, successor))["email"] == claims["email"]


async def test_whoever_was_found_to_be_them(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """An import has put them into an organization by an address that was verified later."""
    claims, tenant = somebody(), await make_tenant(superuser)
    user = (await viewer(api, claims | {"email_verified": False}))["id"]
    guest = await invite(superuser, claims["email"])
    for one in (guest, UUID(user)):
        await superuser.execute(JOIN, tenant.id, new_id(), one, "MEMBER")
    await viewer(api, claims)
    await erase_themselves(api, claims, user)
    left = "SELECT count(*) FROM users WHERE position($1 in lower(email)) > 0"
    assert await superuser.fetchval(left, claims["email"].lower()) == 0
    live = "SELECT count(*) FROM organization_members WHERE organization_id = $1 AND deleted_at IS NULL"
    assert await superuser.fetchval(live, tenant.id) == 1


async def test_answers_that_others_were_given(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """What they say of somebody goes; what they say of others is kept."""
    tenant, host = await make_tenant(superuser), await make_tenant(superuser)
    email = f"{new_id().hex}@example.com"
    await join(api, tenant, email)
    user = str(await superuser.fetchval("SELECT id FROM users WHERE email = $1", email))
    rename = 'mutation { updateProfile(input: {name: "A \\"canary\\" ö"}) { user { name } } }'
    await send_again(api, email, rename, key="own")
    given = {"organizationId": str(tenant.id), "email": f"other-{new_id().hex}@example.com"}
    await send_again(api, tenant.owner, INVITE, key="another", input=given)
    await send_again(api, host.owner, INVITE, key="invited", input={"organizationId": str(host.id), "email": email})
    touch = """mutation { updateOrganization(id: "ID", input: {name: "A"}) { organization {
        members { nodes { user { name } } }
    } } }"""
    await send_again(api, tenant.owner, touch.replace("ID", str(tenant.id)), key="named")

    await erase(api, email, user)

    assert await superuser.fetch(ANSWERS, UUID(user)) == []
    assert [tuple(row) for row in await superuser.fetch(ANSWERS, tenant.users[0])] == [
        ("another", True),
        ("named", False),
    ]
    assert [tuple(row) for row in await superuser.fetch(ANSWERS, host.users[0])] == [("invited", False)]


async def test_the_person_is_found_behind_a_long_history(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """In each organization that they have acted in, also where nothing is left of their membership."""
    tenant, former = await make_tenant(superuser, members=2), await make_tenant(superuser)
    user, who = tenant.users[1], tenant.owner.replace("person1", "person2")
    changes = orjson.dumps({"name": {"before": "Canary", "after": "Person 2"}}).decode()
    await superuser.execute(
        """INSERT INTO events
           (organization_id, id, sequence, type, subject_type, subject_id, actor_id, changes, created_at)
           VALUES ($1, gen_random_uuid(), 1, 'UPDATED', 'User', $2, $2, $3, now())""",
        former.id,
        user,
        changes,
    )
    await superuser.execute("INSERT INTO event_counters (organization_id, last_sequence) VALUES ($1, 1)", former.id)
    assert (await preview(api, who, user))["events"] == 1
    await erase(api, who, user)
    assert [(one["type"], one["changes"]) for one in await events_of(superuser, former)] == [
        ("UPDATED", {"name": [None, None]}),
        ("PURGED", {}),
    ]
