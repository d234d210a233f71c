"""Accepting and declining: who may, what they become, and that nobody else learns of it."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.db.columns import new_id
from tests.api import Api
from tests.db.test_identity import send, somebody
from tests.factories import Tenant, make_tenant
from tests.joining import ACCEPT, DECLINE, invited, join
from tests.log import events_of
from tests.unchanged import unchanged

RECEIVED = """{ viewer { invitations { id organizationName role message invitedBy expiresAt createdAt }
    organizations { totalCount } } }"""
REMOVE = "mutation ($id: ID!) { removeOrganizationMember(id: $id) { deletedIds userErrors { code } } }"
NO_SUCH = "There is no such invitation."


async def received(api: Api, who: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.data(RECEIVED, who=who))["viewer"]["invitations"]
    return found


async def test_whoever_signs_in_with_the_address_finds_it_and_comes_in(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant, email = await make_tenant(superuser, teams=2), f"{new_id().hex}@example.com"
    teams = [{"teamId": str(tenant.teams[1]), "role": "VIEWER"}]
    made = (await invited(api, tenant, email.upper(), role="ADMIN", teams=teams, message="Come!"))["invitation"]

    [seen] = await received(api, email)
    assert {name: seen[name] for name in ("id", "organizationName", "role", "message", "invitedBy")} == {
        "id": made["id"],
        "organizationName": tenant.slug,
        "role": "ADMIN",
        "message": "Come!",
        "invitedBy": "Person 1",
    }
    answer = (await api.data(ACCEPT, who=email, by={"id": made["id"]}))["acceptInvitation"]

    member = answer["organizationMember"].pop("id")
    assert answer == {
        "organizationMember": {
            "role": "ADMIN",
            "organization": {"slug": tenant.slug, "viewerRole": "ADMIN"},
            "teams": {"nodes": [{"role": "VIEWER", "team": {"key": "T2"}}]},
        },
        "userErrors": [],
    }
    user_id = await superuser.fetchval("SELECT user_id FROM organization_members WHERE id = $1", UUID(member))
    events = (await events_of(superuser, tenant))[1:]
    assert [(one["type"], one["subject_type"], one["actor_id"]) for one in events] == [
        ("CREATED", "OrganizationMember", user_id),
        ("CREATED", "TeamMember", user_id),
        ("UPDATED", "Invitation", user_id),
    ]
    assert await received(api, email) == []


async def test_whoever_holds_the_link_comes_in(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, other = await make_tenant(superuser), await make_tenant(superuser)
    payload = await invited(api, tenant, f"{new_id().hex}@example.com")
    assert await received(api, other.owner) == []
    answer = (await api.data(ACCEPT, who=other.owner, by={"secret": payload["secret"]}))["acceptInvitation"]
    assert answer["organizationMember"]["organization"]["viewerRole"] == "MEMBER"
    for by in ({"secret": payload["secret"]}, {"id": payload["invitation"]["id"]}):
        assert (await api.error(ACCEPT, who=other.owner, by=by))["message"] == NO_SUCH


async def test_who_is_no_member_any_more_is_not_named(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, email = await make_tenant(superuser, members=2), f"{new_id().hex}@example.com"
    await invited(api, tenant, email)
    await superuser.execute("UPDATE organization_members SET deleted_at = now() WHERE id = $1", tenant.members[0])
    [seen] = await received(api, email)
    assert (seen["organizationName"], seen["invitedBy"]) == (tenant.slug, None)


async def test_a_declined_one_is_over(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, email = await make_tenant(superuser), f"{new_id().hex}@example.com"
    made = (await invited(api, tenant, email))["invitation"]["id"]

    answer = (await api.data(DECLINE, who=email, by={"id": made}))["declineInvitation"]

    assert answer == {"declinedId": made, "userErrors": []}
    assert (await api.data(RECEIVED, who=email))["viewer"] == {"invitations": [], "organizations": {"totalCount": 0}}
    async with unchanged(superuser, tenant):
        assert (await api.error(ACCEPT, who=email, by={"id": made}))["message"] == NO_SUCH
    status, sequence = await superuser.fetchrow(  # type: ignore[misc]  # there is one
        """SELECT status, (SELECT last_sequence FROM event_counters WHERE organization_id = $2)
           FROM invitations WHERE id = $1""",
        UUID(made),
        tenant.id,
    )
    assert (status, sequence) == ("DECLINED", 2)


async def test_after_declining_nothing_of_the_organization_is_seen(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    """The database lets the transaction in for the answer alone."""
    tenant, email = await make_tenant(superuser), f"{new_id().hex}@example.com"
    made = (await invited(api, tenant, email))["invitation"]["id"]
    body = await api.ask(
        f"""mutation {{ declineInvitation(by: {{id: "{made}"}}) {{ declinedId }}
            updateTask(id: "{tenant.tasks[0]}", input: {{title: "Mine"}}) {{ task {{ title }} }} }}""",
        who=email,
    )
    assert [(error["path"], error["extensions"]["code"]) for error in body["errors"]] == [(["updateTask"], "NOT_FOUND")]
    assert await superuser.fetchval("SELECT status FROM invitations WHERE id = $1", UUID(made)) == "DECLINED"


@pytest.mark.parametrize("mutation", [ACCEPT, DECLINE])
async def test_nobody_else_answers_it(api: Api, superuser: "asyncpg.Connection[Any]", mutation: str) -> None:
    tenant, thief = await make_tenant(superuser), await make_tenant(superuser)
    payload = await invited(api, tenant, f"{new_id().hex}@example.com")
    made, secret = UUID(payload["invitation"]["id"]), payload["secret"]
    tried = [
        {"id": str(made)},
        {"id": str(new_id())},
        {"secret": f"tri_{made.hex}_{'0' * 40}"},
        {"secret": f"tri_{new_id().hex}_{secret[-40:]}"},
    ]
    async with unchanged(superuser, tenant, thief):
        answers = [(await api.send(mutation, who=thief.owner, by=by)).content for by in tried]
    assert set(answers) == {answers[0]}
    assert NO_SUCH in answers[0].decode()


@pytest.mark.parametrize("verified", [False, None, "false"])
async def test_an_address_that_nobody_vouches_for_finds_nothing_until_somebody_does(
    api: Api, superuser: "asyncpg.Connection[Any]", verified: Any
) -> None:
    tenant, claims = await make_tenant(superuser), somebody()
    payload = await invited(api, tenant, claims["email"])
    unverified = claims | {"email_verified": verified}

    body = (await send(api, unverified, RECEIVED)).json()
    assert body["data"]["viewer"]["invitations"] == []
    by = f'acceptInvitation(by: {{id: "{payload["invitation"]["id"]}"}})'
    refused = (await send(api, unverified, f"mutation {{ {by} {{ organizationMember {{ id }} }} }}")).json()
    assert refused["errors"][0]["message"] == NO_SUCH

    [found] = (await send(api, claims, RECEIVED)).json()["data"]["viewer"]["invitations"]
    assert found["id"] == payload["invitation"]["id"]


@pytest.mark.parametrize(
    "thief", ["v\u0130kis@{}", "v\u0131kis@{}", "vi\u212ais@{}", "viki\u017f@{}", "\uff56ikis@{}"], ids=ascii
)
async def test_a_letter_that_some_take_for_another_opens_nothing(
    api: Api, superuser: "asyncpg.Connection[Any]", thief: str
) -> None:
    tenant, domain = await make_tenant(superuser), f"{new_id().hex}.example"
    made = (await invited(api, tenant, f"VIKIS@{domain}", role="ADMIN"))["invitation"]["id"]
    async with unchanged(superuser, tenant):
        assert await received(api, thief.format(domain)) == []
        error = await api.error(ACCEPT, who=thief.format(domain), by={"id": made})
        assert error["message"] == NO_SUCH
    assert [one["id"] for one in await received(api, f"vikis@{domain}")] == [made]


async def test_one_whose_time_is_over_or_that_was_taken_back_opens_nothing(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant, email = await make_tenant(superuser), f"{new_id().hex}@example.com"
    payload = await invited(api, tenant, email)
    made = payload["invitation"]["id"]
    await superuser.execute("UPDATE invitations SET expires_at = now() WHERE id = $1", UUID(made))
    for by in ({"id": made}, {"secret": payload["secret"]}):
        assert (await api.error(ACCEPT, who=email, by=by))["message"] == NO_SUCH
    assert await received(api, email) == []
    await superuser.execute("UPDATE invitations SET expires_at = now() + interval '1 day' WHERE id = $1", UUID(made))
    await api.data(f'mutation {{ revokeInvitation(id: "{made}") {{ invitation {{ id }} }} }}', who=tenant.owner)
    for by in ({"id": made}, {"secret": payload["secret"]}):
        assert (await api.error(ACCEPT, who=email, by=by))["message"] == NO_SUCH


async def test_nobody_comes_into_a_deleted_organization(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, email = await make_tenant(superuser), f"{new_id().hex}@example.com"
    made = (await invited(api, tenant, email))["invitation"]["id"]
    await api.data(f'mutation {{ deleteOrganization(id: "{tenant.id}") {{ deletedIds }} }}', who=tenant.owner)
    async with unchanged(superuser, tenant):
        assert (await api.error(ACCEPT, who=email, by={"id": made}))["message"] == NO_SUCH
        assert await received(api, email) == []


async def test_one_that_is_accepted_at_once_by_several_makes_one_member(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    secret = (await invited(api, tenant, f"{new_id().hex}@example.com"))["secret"]
    people = [f"{new_id().hex}@example.com" for _ in range(4)]
    bodies = await asyncio.gather(*(api.ask(ACCEPT, who=one, by={"secret": secret}) for one in people))
    assert sorted("errors" in body for body in bodies) == [False, True, True, True]
    count = "SELECT count(*) FROM organization_members WHERE organization_id = $1"
    assert await superuser.fetchval(count, tenant.id) == 2


async def test_a_member_who_accepts_stays_what_they_are(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    secret = (await invited(api, tenant, f"{new_id().hex}@example.com"))["secret"]
    answer = (await api.data(ACCEPT, who=tenant.owner, by={"secret": secret}))["acceptInvitation"]
    assert answer["organizationMember"]["id"] == str(tenant.members[0])
    assert answer["organizationMember"]["role"] == "OWNER"


async def left(api: Api, tenant: Tenant) -> str:
    """The address of the second person, who has been removed."""
    removed = await api.data(REMOVE, who=tenant.owner, id=str(tenant.members[1]))
    assert removed["removeOrganizationMember"]["userErrors"] == []
    return tenant.owner.replace("person1", "person2")


TEAMS_OF = """query ($id: ID!) { node(id: $id) { ... on OrganizationMember {
    role teams { nodes { id role tasks { nodes { id } } } }
} } }"""


async def test_who_comes_back_is_the_member_they_were(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """With the teams as they were, the role that the invitation gives, and their tasks."""
    tenant = await make_tenant(superuser, members=2, teams=3)
    await superuser.execute("UPDATE organization_members SET role = 'OWNER' WHERE id = $1", tenant.members[1])
    await superuser.execute("UPDATE team_members SET role = 'ADMIN' WHERE id = $1", tenant.team_members[1])
    left_before = "mutation ($id: ID!) { removeTeamMember(id: $id) { userErrors { code } } }"
    await api.data(left_before, who=tenant.owner, id=str(tenant.team_members[5]))
    email = await left(api, tenant)
    assert (await api.data(RECEIVED, who=email))["viewer"]["organizations"] == {"totalCount": 0}

    assert await join(api, tenant, email, role="MEMBER") == str(tenant.members[1])

    data = await api.data(TEAMS_OF, who=tenant.owner, id=str(tenant.members[1]))
    assert data["node"] == {
        "role": "MEMBER",
        "teams": {
            "nodes": [
                {"id": str(tenant.team_members[place]), "role": role, "tasks": {"nodes": [{"id": str(task)}]}}
                for place, role, task in ((1, "ADMIN", tenant.tasks[1]), (3, "MEMBER", tenant.tasks[3]))
            ]
        },
    }


async def test_who_comes_back_into_a_team_they_had_left_is_the_member_they_were_there(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, members=2)
    remove = "mutation ($id: ID!) { removeTeamMember(id: $id) { userErrors { code } } }"
    await api.data(remove, who=tenant.owner, id=str(tenant.team_members[1]))
    email = await left(api, tenant)
    teams = [{"teamId": str(tenant.teams[0]), "role": "VIEWER"}]
    await join(api, tenant, email, teams=teams)
    data = await api.data(TEAMS_OF, who=tenant.owner, id=str(tenant.members[1]))
    [team] = data["node"]["teams"]["nodes"]
    assert (team["id"], team["role"]) == (str(tenant.team_members[1]), "VIEWER")


async def test_who_can_no_longer_be_restored_comes_in_anew(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    email = await left(api, tenant)
    await superuser.execute("UPDATE deletions SET purge_at = now() WHERE organization_id = $1", tenant.id)
    assert await join(api, tenant, email) != str(tenant.members[1])


async def test_who_was_put_there_by_the_old_way_is_still_a_member(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    """A member since before there were invitations, whom a row of `deletions` never knew, comes in anew."""
    tenant = await make_tenant(superuser, members=2)
    await superuser.execute("UPDATE organization_members SET deleted_at = now() WHERE id = $1", tenant.members[1])
    assert await join(api, tenant, tenant.owner.replace("person1", "person2")) != str(tenant.members[1])
