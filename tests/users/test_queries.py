"""Whoever is calling, and the people they know."""

from typing import Any

import asyncpg

from tests.api import Api
from tests.factories import make_tenant

VIEWER = "{ viewer { user { id name email avatarUrl } organizations { totalCount nodes { name } } } }"
NAME = "query ($id: ID!) { node(id: $id) { ... on User { name } } }"


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


async def test_former_colleagues_are_still_known(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    await superuser.execute("UPDATE organization_members SET deleted_at = now() WHERE id = $1", tenant.members[1])

    assert await api.data(NAME, who=tenant.owner, id=str(tenant.users[1])) == {"node": {"name": "Person 2"}}


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
