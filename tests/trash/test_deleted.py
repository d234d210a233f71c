"""What is deleted is still found by its id and says so; deleting it once more answers the deletion it is in."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.graph.node import Node
from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.unchanged import unchanged


@dataclass(frozen=True)
class Case:
    """A noun: its mutation, a look-up of its own where it has one, and where a tenant has an object of it."""

    delete: str
    of: Callable[[Tenant], UUID]
    look_up: str | None = None


CASES = {
    "Organization": Case("deleteOrganization", lambda tenant: tenant.id, "organization(by: {id: $id})"),
    "OrganizationMember": Case("removeOrganizationMember", lambda tenant: tenant.members[1]),
    "Team": Case("deleteTeam", lambda tenant: tenant.teams[0], "team(id: $id)"),
    "TeamMember": Case("removeTeamMember", lambda tenant: tenant.team_members[1]),
    "Task": Case("deleteTask", lambda tenant: tenant.tasks[0], "task(by: {id: $id})"),
    "Document": Case("deleteDocument", lambda tenant: tenant.documents[0], "document(id: $id)"),
}
# What goes along with something else, and by the deletion of what.
UNDER = {"Team": "Organization", "TeamMember": "Team", "Task": "Team", "Document": "Organization"}
DELETE = "mutation ($id: ID!) { %s(id: $id) { deletedIds deletion { id } userErrors { code } } }"
SHOWN = "{ __typename id deletedAt deletion { id } }"


def test_every_noun_that_can_be_deleted_is_tried() -> None:
    assert set(CASES) == {noun.source.typename for noun in Node.__subclasses__() if hasattr(noun, "can_restore")}


async def look_up(api: Api, tenant: Tenant, name: str) -> dict[str, Any]:
    """All that finds the object by its id: `found` are the same objects, by different fields."""
    case = CASES[name]
    own = f"own: {case.look_up} {SHOWN}" if case.look_up else ""
    document = f"""query ($id: ID!) {{ {own} node(id: $id) {{ ... on Deletable {SHOWN} }}
        nodes(ids: [$id]) {{ ... on Deletable {SHOWN} }} viewer {{ permissions(on: $id) }}
        deletionPreview(id: $id) {{ tasks }} }}"""
    data = await api.data(document, who=tenant.owner, id=str(case.of(tenant)))
    found = [data.pop("node"), *data.pop("nodes"), *([data.pop("own")] if own else [])]
    assert all(one == found[0] for one in found)
    return {"found": found[0], "permissions": data["viewer"]["permissions"], "preview": data["deletionPreview"]}


@pytest.mark.parametrize("name", CASES)
async def test_what_is_deleted_is_found_and_deleted_once(
    api: Api, superuser: "asyncpg.Connection[Any]", name: str
) -> None:
    tenant = await make_tenant(superuser, members=2, documents=1)
    row_id = str(CASES[name].of(tenant))
    document = DELETE % CASES[name].delete

    first = (await api.data(document, who=tenant.owner, id=row_id))[CASES[name].delete]
    async with unchanged(superuser, tenant):
        second = (await api.data(document, who=tenant.owner, id=row_id))[CASES[name].delete]

    assert first == second == {"deletedIds": [row_id], "deletion": first["deletion"], "userErrors": []}
    assert first["deletion"] is not None
    shown = await look_up(api, tenant, name)
    assert shown["found"].pop("deletedAt") is not None
    assert shown == {
        "found": {"__typename": name, "id": row_id, "deletion": first["deletion"]},
        "permissions": ["RESTORE"],
        "preview": None,
    }


@pytest.mark.parametrize("name", UNDER)
async def test_what_went_along_with_something_else_is_in_its_deletion(
    api: Api, superuser: "asyncpg.Connection[Any]", name: str
) -> None:
    tenant = await make_tenant(superuser, members=2, documents=1)
    above = CASES[UNDER[name]]
    whole = await api.data(DELETE % above.delete, who=tenant.owner, id=str(above.of(tenant)))
    row_id = str(CASES[name].of(tenant))

    async with unchanged(superuser, tenant):
        again = await api.data(DELETE % CASES[name].delete, who=tenant.owner, id=row_id)

    deletion = whole[above.delete]["deletion"]
    assert again[CASES[name].delete] == {"deletedIds": [row_id], "deletion": deletion, "userErrors": []}
    assert (await look_up(api, tenant, name))["found"]["deletion"] == deletion


@pytest.mark.parametrize("name", CASES)
async def test_who_may_not_delete_it_hears_so_of_what_is_deleted_too(
    api: Api, superuser: "asyncpg.Connection[Any]", name: str
) -> None:
    tenant, stranger = await make_tenant(superuser, members=3, documents=1), await make_tenant(superuser)
    await superuser.execute("UPDATE team_members SET role = 'VIEWER' WHERE organization_id = $1", tenant.id)
    row_id, document = str(CASES[name].of(tenant)), DELETE % CASES[name].delete
    await api.data(document, who=tenant.owner, id=row_id)

    async with unchanged(superuser, tenant):
        refused = [
            await api.error(document, who=who, id=row_id)
            for who in (tenant.owner.replace("person1", "person3"), stranger.owner)
        ]

    assert [error["extensions"]["code"] for error in refused] == ["FORBIDDEN", "NOT_FOUND"]


@pytest.mark.parametrize("name", CASES)
async def test_of_two_who_delete_at_once_both_hear_of_one_deletion(
    api: Api, superuser: "asyncpg.Connection[Any]", name: str
) -> None:
    tenant = await make_tenant(superuser, members=2, documents=1)
    row_id, document = str(CASES[name].of(tenant)), DELETE % CASES[name].delete

    answers = await asyncio.gather(*(api.data(document, who=tenant.owner, id=row_id) for _ in range(3)))

    assert answers[0] == answers[1] == answers[2]
    assert await superuser.fetchval("SELECT count(*) FROM deletions WHERE organization_id = $1", tenant.id) == 1


async def test_a_bulk_deletes_what_lives_and_leaves_the_others_where_they_are(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, tasks=3)
    ids = [str(one) for one in tenant.tasks]
    bulk = """mutation ($ids: [ID!]!) { deleteTasks(ids: $ids) {
        deletedIds deletion { id counts { tasks } } userErrors { code } } }"""
    first = (await api.data(DELETE % "deleteTask", who=tenant.owner, id=ids[0]))["deleteTask"]

    mixed = (await api.data(bulk, who=tenant.owner, ids=ids))["deleteTasks"]
    async with unchanged(superuser, tenant):
        again = (await api.data(bulk, who=tenant.owner, ids=ids[:2]))["deleteTasks"]

    assert mixed == {"deletedIds": ids, "deletion": mixed["deletion"], "userErrors": []}
    assert mixed["deletion"]["counts"] == {"tasks": 2}
    assert again == {
        "deletedIds": ids[:2],
        "deletion": {"id": first["deletion"]["id"], "counts": {"tasks": 1}},
        "userErrors": [],
    }
