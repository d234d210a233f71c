"""Choosing organizations, and tasks and teams by theirs; and members by who they are."""

from typing import Any

import asyncpg
import pytest

from tests.api import Api
from tests.factories import Tenant, make_tenant

ORGANIZATIONS = """query ($filter: OrganizationFilter, $deleted: DeletedScope! = EXCLUDE) {
    organizations(filter: $filter, deleted: $deleted) { totalCount nodes { slug } }
    viewer { organizations(filter: $filter, deleted: $deleted) { totalCount nodes { slug } } }
}"""
OWN = """query ($teams: TeamFilter, $tasks: TaskFilter) { viewer {
    teams(filter: $teams) { totalCount nodes { key organization { slug } } }
    tasks(filter: $tasks) { totalCount nodes { key organization { slug } } }
} }"""
MEMBERS = """query ($id: ID!, $filter: OrganizationMemberFilter, $ofTeam: TeamMemberFilter) {
    organization(by: {id: $id}) {
        members(filter: $filter) { totalCount nodes { user { name } } }
        teams { nodes { members(filter: $ofTeam) { totalCount nodes { user { name } } } } }
    }
}"""
TEAMS_OF_MEMBERS = """query ($id: ID!, $filter: TeamMemberFilter, $order: [TeamMemberOrder!]) {
    organization(by: {id: $id}) { members(first: 1) { nodes {
        teams(filter: $filter, orderBy: $order) { totalCount nodes { team { key } } } } } }
}"""


async def in_two(superuser: "asyncpg.Connection[Any]") -> tuple[Tenant, Tenant]:
    """Two organizations, whose slugs begin with aa and bb; the owner of the first is the other's second member."""
    one, other = await make_tenant(superuser), await make_tenant(superuser, members=2)
    await superuser.execute(
        "UPDATE organization_members SET user_id = $1 WHERE id = $2", one.users[0], other.members[1]
    )
    for tenant, prefix in ((one, "aa"), (other, "bb")):
        tenant.slug = f"{prefix}-{tenant.slug}"
        rename = "UPDATE organizations SET name = $2::text, slug = $2 WHERE id = $1"
        await superuser.execute(rename, tenant.id, tenant.slug)
    return one, other


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (None, ["aa", "bb"]),
        ({}, ["aa", "bb"]),
        ({"slug": {"startsWith": "BB-"}}, ["bb"]),
        ({"name": {"contains": "aa-"}}, ["aa"]),
        ({"not": {"slug": {"startsWith": "aa"}}}, ["bb"]),
        ({"or": [{"slug": {"startsWith": "aa"}}, {"slug": {"startsWith": "bb"}}]}, ["aa", "bb"]),
        ({"slug": {"eq": "nothing"}}, []),
        ({"createdAt": {"lt": "2020-01-01T00:00:00Z"}}, []),
        ({"updatedAt": {"gt": "2020-01-01T00:00:00Z"}}, ["aa", "bb"]),
    ],
)
async def test_organizations(
    api: Api, superuser: "asyncpg.Connection[Any]", condition: dict[str, Any] | None, found: list[str]
) -> None:
    one, _ = await in_two(superuser)

    data = await api.data(ORGANIZATIONS, who=one.owner, filter=condition)

    assert data["organizations"] == data["viewer"]["organizations"]
    assert data["organizations"]["totalCount"] == len(found)
    assert [organization["slug"][:2] for organization in data["organizations"]["nodes"]] == found


async def test_deleted_organizations(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    one, other = await in_two(superuser)
    delete = "mutation ($id: ID!) { deleteOrganization(id: $id) { deletedIds } }"
    await api.data(delete, who=other.owner, id=str(other.id))

    for since, found in [("2020-01-01T00:00:00Z", [other.slug]), ("9999-01-01T00:00:00Z", [])]:
        condition = {"deletedAt": {"gte": since}}
        data = await api.data(ORGANIZATIONS, who=one.owner, filter=condition, deleted="ONLY")
        assert [organization["slug"] for organization in data["organizations"]["nodes"]] == found


async def test_own_teams_and_tasks_by_their_organization(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    one, other = await in_two(superuser)
    of = {"organization": {"slug": {"eq": other.slug}}}

    data = await api.data(OWN, who=one.owner, teams=of, tasks=of)
    by_team = await api.data(OWN, who=one.owner, tasks={"team": of})

    theirs = {"slug": other.slug}
    assert data["viewer"]["teams"] == {"totalCount": 1, "nodes": [{"key": "T1", "organization": theirs}]}
    assert data["viewer"]["tasks"] == {"totalCount": 1, "nodes": [{"key": "T1-2", "organization": theirs}]}
    assert by_team["viewer"]["tasks"] == data["viewer"]["tasks"]


async def test_an_organization_that_is_not_ones_own_is_as_none(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    one, stranger = await make_tenant(superuser), await make_tenant(superuser)
    of = {"organization": {"slug": {"eq": stranger.slug}}}
    data = await api.data(OWN, who=one.owner, teams=of, tasks={"not": of})
    assert [data["viewer"][field]["totalCount"] for field in ("teams", "tasks")] == [0, 1]


@pytest.mark.parametrize(
    "person", [{"name": {"contains": "SON 2"}}, {"email": {"startsWith": "Person2@"}}, {"isMe": False}]
)
async def test_members_by_name_address_and_whether_they_are_oneself(
    api: Api, superuser: "asyncpg.Connection[Any]", person: dict[str, Any]
) -> None:
    tenant = await make_tenant(superuser, members=2)
    by = {"user": person}

    data = await api.data(MEMBERS, who=tenant.owner, id=str(tenant.id), filter=by, ofTeam=by)

    second = {"totalCount": 1, "nodes": [{"user": {"name": "Person 2"}}]}
    assert data["organization"] == {"members": second, "teams": {"nodes": [{"members": second}]}}


async def test_teams_of_a_member_are_chosen_and_sorted(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=3)
    given = {"filter": {"team": {"key": {"ne": "T2"}}}, "order": {"field": "CREATED_AT", "direction": "DESC"}}

    data = await api.data(TEAMS_OF_MEMBERS, who=tenant.owner, id=str(tenant.id), **given)

    (member,) = data["organization"]["members"]["nodes"]
    assert member["teams"] == {"totalCount": 2, "nodes": [{"team": {"key": "T3"}}, {"team": {"key": "T1"}}]}


async def test_a_filter_costs_no_statement(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    one, _ = await in_two(superuser)
    costs = []
    for condition in (None, {"slug": {"startsWith": "aa"}}):
        for _ in range(2):  # with the first, the driver asks about types
            await api.data(
                "query ($f: OrganizationFilter) { organizations(filter: $f) { nodes { name } } }",
                who=one.owner,
                f=condition,
            )
        costs.append(len(api.statements))
    assert costs == [2, 2]  # BEGIN with the identity, the organizations
