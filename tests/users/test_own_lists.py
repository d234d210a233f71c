"""What is one's own: the tasks assigned to the viewer and the teams they are in, across their organizations."""

from typing import Any

import asyncpg
import pytest

from tests.api import Api
from tests.factories import Tenant, make_tenant

TASKS = """query ($first: Int, $after: String, $last: Int, $before: String, $filter: TaskFilter, $order: [TaskOrder!],
    $deleted: DeletedScope! = EXCLUDE) {
    viewer { tasks(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $order,
                   deleted: $deleted) {
        totalCount nodes { title } pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
    } }
}"""
TEAMS = """query ($filter: TeamFilter, $order: [TeamOrder!], $deleted: DeletedScope! = EXCLUDE) {
    viewer { teams(filter: $filter, orderBy: $order, deleted: $deleted) { totalCount nodes { name } } }
}"""


async def tasks(api: Api, who: str, **given: Any) -> dict[str, Any]:
    page: dict[str, Any] = (await api.data(TASKS, who=who, **given))["viewer"]["tasks"]
    return page


async def titles(api: Api, who: str, **given: Any) -> list[str]:
    page = await tasks(api, who, **given)
    shown = [task["title"] for task in page["nodes"]]
    assert page["totalCount"] == len(shown)
    return shown


async def teams(api: Api, who: str, **given: Any) -> list[str]:
    page = (await api.data(TEAMS, who=who, **given))["viewer"]["teams"]
    shown = [team["name"] for team in page["nodes"]]
    assert page["totalCount"] == len(shown)
    return shown


async def two_organizations(superuser: "asyncpg.Connection[Any]") -> tuple[Tenant, Tenant]:
    """The owner of the first is the second member of the other too, and each has tasks A and B, C and D in turns."""
    one, other = await make_tenant(superuser, members=2, teams=2), await make_tenant(superuser, members=2, teams=2)
    await superuser.execute(
        "UPDATE organization_members SET user_id = $1 WHERE id = $2", one.users[0], other.members[1]
    )
    for tenant, kept, names in ((one, (0, 2), "AC"), (other, (1, 3), "BD")):
        await superuser.execute("UPDATE tasks SET title = 'Other' WHERE organization_id = $1", tenant.id)
        await superuser.execute("UPDATE teams SET name = key || $2::text WHERE organization_id = $1", tenant.id, names)
        for place, name in zip(kept, names, strict=True):
            await superuser.execute(
                "UPDATE tasks SET title = $2::text, created_at = '2026-11-01'::timestamptz"
                " + ascii($2::text) * interval '1 minute' WHERE id = $1",
                tenant.tasks[place],
                name,
            )
    return one, other


async def test_tasks_and_teams_of_all_organizations(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    one, other = await two_organizations(superuser)

    assert await titles(api, one.owner) == ["D", "C", "B", "A"]
    assert await teams(api, one.owner) == ["T1AC", "T1BD", "T2AC", "T2BD"]
    assert await titles(api, other.owner) == ["Other", "Other"]
    assert await teams(api, other.owner) == ["T1BD", "T2BD"]


async def test_pages_go_on_from_one_organization_to_the_next(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    one, _ = await two_organizations(superuser)
    first = await tasks(api, one.owner, first=3)
    rest = await tasks(api, one.owner, first=3, after=first["pageInfo"]["endCursor"])
    last = await tasks(api, one.owner, last=3)
    before = await tasks(api, one.owner, last=2, before=last["pageInfo"]["startCursor"])

    pages = [[task["title"] for task in page["nodes"]] for page in (first, rest, last, before)]
    assert pages == [["D", "C", "B"], ["A"], ["C", "B", "A"], ["D"]]
    assert [page["pageInfo"]["hasNextPage"] for page in (first, rest)] == [True, False]
    assert [page["pageInfo"]["hasPreviousPage"] for page in (last, before)] == [True, False]


async def test_the_ends_of_a_page_are_those_of_its_rows(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    one, _ = await two_organizations(superuser)
    document = "{ viewer { tasks(first: 3) { %s pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } } }"

    alone = await api.data(document % "", who=one.owner)
    page = (await api.data(document % "edges { cursor node { title } }", who=one.owner))["viewer"]["tasks"]

    cursors = [edge["cursor"] for edge in page.pop("edges")]
    assert alone == {"viewer": {"tasks": page}}
    assert (page["pageInfo"]["startCursor"], page["pageInfo"]["endCursor"]) == (cursors[0], cursors[2])


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"filter": {"title": {"in": ["A", "D", "Other"]}}}, ["D", "A"]),
        ({"filter": {"team": {"name": {"eq": "T2BD"}}}}, ["D"]),
        ({"filter": None}, ["D", "C", "B", "A"]),
        ({"order": {"field": "TITLE"}}, ["A", "B", "C", "D"]),
        ({"order": {"field": "PRIORITY"}, "filter": {"priority": {"ne": "NONE"}}}, ["C", "B"]),
        ({"deleted": "ONLY"}, []),
    ],
)
async def test_tasks_are_chosen_and_sorted(
    api: Api, superuser: "asyncpg.Connection[Any]", given: dict[str, Any], found: list[str]
) -> None:
    one, other = await two_organizations(superuser)
    await superuser.execute("UPDATE tasks SET priority = 'LOW' WHERE id = $1", other.tasks[1])
    await superuser.execute("UPDATE tasks SET priority = 'URGENT' WHERE id = $1", one.tasks[2])
    assert await titles(api, one.owner, **given) == found


async def test_teams_are_chosen_and_sorted(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    one, _ = await two_organizations(superuser)
    of_both = {"key": {"eq": "T2"}}
    assert await teams(api, one.owner, filter=of_both) == ["T2AC", "T2BD"]
    assert await teams(api, one.owner, filter=of_both, order={"field": "NAME", "direction": "DESC"}) == ["T2BD", "T2AC"]


async def test_a_deleted_team_is_among_the_deleted_ones_with_its_tasks(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    one, _ = await two_organizations(superuser)
    await api.data("mutation ($id: ID!) { deleteTeam(id: $id) { deletedIds } }", who=one.owner, id=str(one.teams[1]))

    assert [await teams(api, one.owner, deleted=scope) for scope in ("EXCLUDE", "ONLY")] == [
        ["T1AC", "T1BD", "T2BD"],
        ["T2AC"],
    ]
    assert await teams(api, one.owner, deleted="INCLUDE") == ["T1AC", "T1BD", "T2AC", "T2BD"]
    assert [await titles(api, one.owner, deleted=scope) for scope in ("EXCLUDE", "ONLY", "INCLUDE")] == [
        ["D", "B", "A"],
        ["C"],
        ["D", "C", "B", "A"],
    ]


async def test_who_left_a_team_has_their_tasks_there_still(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    one, other = await two_organizations(superuser)
    leave = "mutation ($id: ID!) { removeTeamMember(id: $id) { deletedIds } }"
    await api.data(leave, who=one.owner, id=str(other.team_members[1]))

    assert await teams(api, one.owner) == ["T1AC", "T2AC", "T2BD"]
    assert await teams(api, one.owner, deleted="INCLUDE") == ["T1AC", "T2AC", "T2BD"]
    assert await titles(api, one.owner) == ["D", "C", "B", "A"]


async def test_who_left_an_organization_has_nothing_there(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    one, other = await two_organizations(superuser)
    leave = "mutation ($id: ID!) { removeOrganizationMember(id: $id) { deletedIds } }"
    await api.data(leave, who=other.owner, id=str(other.members[1]))

    for scope in ("EXCLUDE", "INCLUDE"):
        assert await teams(api, one.owner, deleted=scope) == ["T1AC", "T2AC"]
        assert await titles(api, one.owner, deleted=scope) == ["C", "A"]


async def test_they_are_what_the_lists_of_organizations_say(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    one, _ = await two_organizations(superuser)
    mine = """{ viewer { tasks { nodes { id } }
        organizations { nodes { tasks(filter: {assignee: {user: {isMe: true}}}) { nodes { id } } } } } }"""
    viewer = (await api.data(mine, who=one.owner))["viewer"]

    by_organization = [task["id"] for each in viewer["organizations"]["nodes"] for task in each["tasks"]["nodes"]]
    assert sorted(task["id"] for task in viewer["tasks"]["nodes"]) == sorted(by_organization)
    assert len(by_organization) == 4


async def test_an_api_key_has_nothing_of_its_own(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    create = """mutation ($id: ID!) { createApiKey(input: {organizationId: $id, name: "Key", scopes: [ADMIN]}) {
        secret } }"""
    secret = (await api.data(create, who=tenant.owner, id=str(tenant.id)))["createApiKey"]["secret"]

    query = "{ viewer { tasks { totalCount nodes { id } } teams { totalCount nodes { id } } } }"
    answer = await api.send_with({"Authorization": f"Bearer {secret}"}, query)

    nothing: dict[str, Any] = {"totalCount": 0, "nodes": []}
    assert answer.json()["data"] == {"viewer": {"tasks": nothing, "teams": nothing}}


@pytest.mark.parametrize("field", ["tasks", "teams"])
async def test_nobody_has_nothing_of_their_own(api: Api, field: str) -> None:
    error = await api.error(f"{{ viewer {{ {field} {{ totalCount }} }} }}", who=None)
    assert error["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("field", ["tasks", "teams"])
async def test_many_teams_cost_one_statement_for_rows_and_one_for_their_count(
    api: Api, superuser: "asyncpg.Connection[Any]", field: str
) -> None:
    costs = []
    for amount in (1, 1, 50):  # with the first, the driver asks about types
        tenant = await make_tenant(superuser, teams=amount)
        await api.data("{ viewer { user { id } } }", who=tenant.owner)
        viewer = (await api.data(f"{{ viewer {{ {field} {{ totalCount nodes {{ id }} }} }} }}", who=tenant.owner))[
            "viewer"
        ]
        assert (viewer[field]["totalCount"], len(viewer[field]["nodes"])) == (amount, min(amount, 20))
        costs.append(len(api.statements))

    assert costs[1:] == [4, 4]  # BEGIN with the identity, the person, the rows, their count
