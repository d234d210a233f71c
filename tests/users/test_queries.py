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


async def test_who_left_knows_nobody_any_more(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    left = tenant.owner.replace("person1", "person2")
    await superuser.execute("UPDATE organization_members SET deleted_at = now() WHERE id = $1", tenant.members[1])

    assert await api.data(NAME, who=left, id=str(tenant.users[0])) == {"node": None}
    assert await api.data(NAME, who=left, id=str(tenant.users[1])) == {"node": {"name": "Person 2"}}
