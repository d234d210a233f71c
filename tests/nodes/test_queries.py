"""Any object by its id."""

from typing import Any

import asyncpg

from app.db.columns import new_id
from tests.api import Api
from tests.factories import make_tenant

NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Task { key } ... on User { name } } }"


async def test_an_id_finds_its_object_whatever_it_is_of(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    nouns = {
        "Organization": tenant.id,
        "User": tenant.users[0],
        "OrganizationMember": tenant.members[0],
        "Team": tenant.teams[0],
        "TeamMember": tenant.team_members[0],
        "Task": tenant.tasks[0],
    }
    query = "query ($id: ID!) { node(id: $id) { __typename id } }"
    found = {name: (await api.data(query, who=tenant.owner, id=str(row_id)))["node"] for name, row_id in nouns.items()}

    assert found == {name: {"__typename": name, "id": str(row_id)} for name, row_id in nouns.items()}


async def test_ids_find_objects_in_their_order_repeated_and_missing(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, tasks=2)
    one, two = map(str, tenant.tasks)
    person = str(tenant.users[0])
    data = await api.data(NODES, who=tenant.owner, ids=[two, person, str(new_id()), one, two])

    assert data["nodes"] == [
        {"__typename": "Task", "id": two, "key": "T1-2"},
        {"__typename": "User", "id": person, "name": "Person 1"},
        None,
        {"__typename": "Task", "id": one, "key": "T1-1"},
        {"__typename": "Task", "id": two, "key": "T1-2"},
    ]


async def test_a_hundred_ids_are_found_and_one_more_is_refused(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=101)
    ids = [str(row_id) for row_id in tenant.tasks]
    data = await api.data(NODES, who=tenant.owner, ids=ids[:100])
    error = await api.error(NODES, who=tenant.owner, ids=ids)

    assert [node["id"] for node in data["nodes"]] == ids[:100]
    assert error["message"] == "`ids` holds 101 ids: at most 100 are allowed."
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
