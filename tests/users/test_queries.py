"""Whoever is calling, and the people they know."""

from typing import Any

import asyncpg
import pytest

from tests.api import Api
from tests.factories import make_tenant

VIEWER = "{ viewer { user { id name email avatarUrl } organizations { totalCount nodes { name } } } }"
NAME = "query ($id: ID!) { node(id: $id) { ... on User { name } } }"

RENAME = 'mutation { updateProfile(input: {name: "Second"}) { userErrors { code } } }'
REMOVE = """mutation ($id: ID!) { removeOrganizationMember(id: $id) {
    deletion { subject { ... on OrganizationMember { user { name email } } } }
} }"""


async def test_the_viewer_is_whoever_calls(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)

    assert await api.data(VIEWER, who=tenant.owner) == {
        "viewer": {
            "user": {"id": str(tenant.users[0]), "name": "Person 1", "email": tenant.owner, "avatarUrl": None},
            "organizations": {"totalCount": 1, "nodes": [{"name": tenant.slug}]},
        }
    }


async def test_without_a_token_there_is_no_user(api: Api) -> None:
    assert await api.ask("{ viewer { user { id } } }", who=None) == {"data": {"viewer": {"user": None}}}


@pytest.mark.parametrize("work", ["a task", "an event", "nothing"])
async def test_former_colleagues_are_known_as_far_as_their_work_is_there(
    api: Api, superuser: "asyncpg.Connection[Any]", work: str
) -> None:
    """In the trash they are named in any case, so that whoever restores them knows whom."""
    tenant = await make_tenant(superuser, members=2, tasks=int(work == "a task"))
    if work == "an event":
        await api.data(RENAME, who=tenant.owner.replace("person1", "person2"))
    (removed,) = (await api.data(REMOVE, who=tenant.owner, id=str(tenant.members[1]))).values()
    name = "Second" if work == "an event" else "Person 2"

    shown = await api.data(NAME, who=tenant.owner, id=str(tenant.users[1]))

    assert shown == {"node": None if work == "nothing" else {"name": name}}
    assert removed["deletion"]["subject"] == {"user": {"name": name, "email": None}}


async def test_of_former_colleagues_only_the_name_is_shown(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    left = tenant.owner.replace("person1", "person2")
    document = """query ($team: ID!, $email: String!) { team(id: $team) {
        tasks(filter: {assignee: {user: {email: {eq: $email}}}}) { totalCount }
        all: tasks { nodes { assignee { user { name email } } } }
    } }"""
    variables = {"team": str(tenant.teams[0]), "email": left}
    people = [{"name": "Person 2", "email": left}, {"name": "Person 1", "email": tenant.owner}]

    async def shown() -> tuple[int, list[dict[str, Any]]]:
        team = (await api.data(document, who=tenant.owner, **variables))["team"]
        return team["tasks"]["totalCount"], [one["assignee"]["user"] for one in team["all"]["nodes"]]

    assert await shown() == (1, people)
    await superuser.execute("UPDATE organization_members SET deleted_at = now() WHERE id = $1", tenant.members[1])
    assert await shown() == (0, [{"name": "Person 2", "email": None}, people[1]])


async def test_an_address_that_nobody_vouches_for_is_shown_to_nobody_else(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, members=2)
    await superuser.execute("UPDATE users SET owns_email = false WHERE id = $1", tenant.users[1])
    document = "query ($id: ID!) { node(id: $id) { ... on User { name email } } viewer { user { email } } }"
    seen = await api.data(document, who=tenant.owner, id=str(tenant.users[1]))
    assert seen == {"node": {"name": "Person 2", "email": None}, "viewer": {"user": {"email": tenant.owner}}}


async def test_who_left_knows_nobody_any_more(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    left = tenant.owner.replace("person1", "person2")
    await superuser.execute("UPDATE organization_members SET deleted_at = now() WHERE id = $1", tenant.members[1])

    assert await api.data(NAME, who=left, id=str(tenant.users[0])) == {"node": None}
    assert await api.data(NAME, who=left, id=str(tenant.users[1])) == {"node": {"name": "Person 2"}}
