"""Every statement reads about as many rows as it gives: in 100,000 tasks, as the server's role, under row security."""

from collections.abc import AsyncIterator
from itertools import product
from typing import Any

import asyncpg
import pytest
from asyncpg.connection import LoggedQuery
from pydantic import SecretStr

from app.config import Settings
from app.db.engine import Connection
from app.graph.node import Node
from app.postgres.server import Addresses
from tests import large
from tests.api import SECRET, Api, serving
from tests.connections import columns_of, connections, field_of, orders_of
from tests.explain import Cost, explain

PAGE = 20
ORGANIZATIONS = 11  # that the caller is in: an id is looked for in each
FACTOR = 3  # a task with its key is two rows, a team's member with their user two, and some are deleted
PAGES = 5  # of PostgreSQL, for a row: the levels of an index and the row itself
MISSES = 2  # pages to find that there is no such row
NOUNS = len(Node.__subclasses__())
# Lists that are put together of so many rows for each membership in a team of the owner's, who is in so many.
MEMBERSHIPS = 20
OWN = {"Viewer.tasks": PAGE + 1, "Viewer.teams": 1}

# The longest list that each connection has.
PLACES = {
    "Query": "SELECTION",
    "Viewer": "viewer { SELECTION }",
    "Organization": f'organization(by: {{slug: "{large.SLUG}"}}) {{ SELECTION }}',
    "OrganizationMember": f'node(id: "{large.MEMBER}") {{ ... on OrganizationMember {{ SELECTION }} }}',
    "Team": f'team(id: "{large.BUSY_TEAM}") {{ SELECTION }}',
    "ApiKey": f'node(id: "{large.API_KEY}") {{ ... on ApiKey {{ SELECTION }} }}',
    "Invitation": f'node(id: "{large.INVITATION}") {{ ... on Invitation {{ SELECTION }} }}',
    "Export": f'node(id: "{large.EXPORT}") {{ ... on Export {{ SELECTION }} }}',
    "Task": f'task(by: {{id: "{large.TASK}"}}) {{ SELECTION }}',
    "Document": f'document(id: "{large.DOCUMENT}") {{ SELECTION }}',
    "TeamMember": f'node(id: "{large.BUSY_MEMBER}") {{ ... on TeamMember {{ SELECTION }} }}',
}
WALK = """teams(first: 100) {
    totalCount nodes { viewerRole members { nodes { user { name email } tasks { nodes { key } } } } }
}"""
LOOK_UPS = {
    "organization by id": f'organization(by: {{id: "{large.ORGANIZATION}"}}) {{ name viewerRole }}',
    "organization by slug": f'organization(by: {{slug: "{large.SLUG}"}}) {{ name }}',
    "team by key": f'team(by: {{key: {{organizationSlug: "{large.SLUG}", key: "T1"}}}}) {{ name }}',
    "team": f'team(id: "{large.BUSY_TEAM}") {{ name viewerRole organization {{ name }} }}',
    "task by id": f'task(by: {{id: "{large.TASK}"}}) {{ key team {{ name }} assignee {{ user {{ name }} }} }}',
    "task by key": f'task(by: {{key: {{organizationSlug: "{large.SLUG}", key: "T1-20000"}}}}) {{ key }}',
    "task by a key it had": f'task(by: {{key: {{organizationSlug: "{large.SLUG}", key: "OLD-1"}}}}) {{ key }}',
    "document": f'document(id: "{large.DOCUMENT}") {{ title team {{ name }} createdBy {{ name }} }}',
    "text": f'document(id: "{large.DOCUMENT}") {{ text }}',
    "node": f'node(id: "{large.TASK}") {{ ... on Task {{ key }} }}',
    "person": f'node(id: "{large.USER}") {{ ... on User {{ name }} }}',
    "viewer": "viewer { user { name } }",
}


class Plans:
    """The application over the large database, and what its statements cost there."""

    def __init__(self, api: Api, connection: Connection) -> None:
        self.api = api
        self.connection = connection
        self.sent: list[LoggedQuery] = []

    async def data(self, query: str, who: str = large.OWNER) -> dict[str, Any]:
        self.sent.clear()
        return await self.api.data(f"{{ {query} }}", who=who)

    async def costs(self, query: str, who: str = large.OWNER) -> list[Cost]:
        """What each statement of a query costs in the transaction that it was sent in."""
        await self.data(query, who)
        start = max(place for place, one in enumerate(self.sent) if "BEGIN" in one.query)
        sent = [one for one in self.sent[start:] if "typeinfo_tree" not in one.query]  # which is the driver's
        statements = [one for one in sent if one.query.startswith(("SELECT", "WITH"))]
        await self.connection.execute(self.sent[start].query.removeprefix("ROLLBACK; "))
        try:
            return [await explain(self.connection, one.query, one.args) for one in statements]
        finally:
            await self.connection.execute("ROLLBACK")

    async def cost_of_list(self, connection: str, selected: str) -> Cost:
        """What the statement of a connection costs for the longest list that there is."""
        place = PLACES[connection.partition(".")[0]]
        *_, cost = await self.costs(place.replace("SELECTION", selected))
        return cost

    async def bounds(self, connection: str, order: str) -> list[str]:
        """None, and after and before the row in the midst of the first 100."""
        parent, field = connection.split(".")
        selected = f"{field}(first: 100 {order}) {{ edges {{ cursor }} }}"
        (data,) = (await self.data(PLACES[parent].replace("SELECTION", selected))).values()
        edges = data["edges"] if parent == "Query" else data[field]["edges"]
        cursor = edges[len(edges) // 2]["cursor"]
        return ["", f'after: "{cursor}"', f'before: "{cursor}"']


def is_excessive(cost: Cost, looked_for: int = 1, nouns: int = 1) -> bool:
    """Whether a statement read far more than it gave or looked for, or went through a table from end to end.

    `nouns` is in how many tables it had to look for each.
    """
    found = cost.rows + looked_for * ORGANIZATIONS
    pages = PAGES * FACTOR * found + MISSES * (nouns - 1) * looked_for * ORGANIZATIONS
    return cost.read > FACTOR * found or cost.buffers > pages or cost.scanned != ()


def looked_for(connection: str) -> int:
    """As what `is_excessive` takes for what a page of the connection had to look for."""
    return 1 + MEMBERSHIPS * OWN.get(connection, 0) // ORGANIZATIONS


@pytest.fixture(scope="session")
async def large_database(addresses: Addresses) -> str:
    """Made by the worker that comes first, while the others wait; it goes with the server."""
    connection = await asyncpg.connect(addresses.url("postgres", "postgres"))
    try:
        await connection.execute("SELECT pg_advisory_lock(1)")
        if not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'large')"):
            await connection.execute("CREATE DATABASE large OWNER trellis_owner TEMPLATE trellis")
            superuser = await asyncpg.connect(addresses.url("postgres", "large"))
            await large.make_large(superuser)
            await superuser.close()
    finally:
        await connection.close()
    return addresses.url("trellis", "large")


@pytest.fixture(scope="session")
async def plans(large_database: str) -> AsyncIterator[Plans]:
    settings = Settings(database_url=large_database, jwt_secret=SecretStr(SECRET), pool_size=2, max_loaded=100_000)
    async with serving(settings) as api:
        explaining, sending = await api.database.acquire(), await api.database.acquire()
        made = Plans(api, explaining)
        sending.add_query_logger(made.sent.append)
        api.database.release(sending)
        yield made
        api.database.release(explaining)


@pytest.mark.parametrize("connection", connections())
async def test_a_page_reads_about_what_it_gives(plans: Plans, connection: str) -> None:
    field, columns = connection.split(".")[1], columns_of(connection)
    excessive = {}
    for order in orders_of(connection):
        bounds = await plans.bounds(connection, order)
        for size, bound in product(("first", "last"), bounds):
            arguments = f"{size}: {PAGE} {order} {bound}"
            cost = await plans.cost_of_list(connection, f"{field}({arguments}) {{ nodes {{ {columns} }} }}")
            if is_excessive(cost, looked_for=looked_for(connection)):
                excessive[arguments] = cost

    assert excessive == {}


@pytest.mark.parametrize("connection", ["Organization.tasks", "Team.tasks", "TeamMember.tasks"])
async def test_the_most_urgent_and_of_those_the_next_due_are_read_off_an_index(plans: Plans, connection: str) -> None:
    order = "orderBy: [{field: PRIORITY}, {field: DUE_DATE}]"
    bounds = await plans.bounds(connection, order)
    for size, bound in product(("first", "last"), bounds):
        selected = f"tasks({size}: {PAGE} {order} {bound}) {{ nodes {{ {columns_of(connection)} }} }}"
        cost = await plans.cost_of_list(connection, selected)

        assert not is_excessive(cost), cost.plan
        assert cost.sorted == 0, cost.plan


@pytest.mark.parametrize(
    "order", ["{field: STATUS}, {field: TITLE, direction: DESC}", "{field: DUE_DATE}, {field: TITLE}"]
)
async def test_an_order_without_an_index_reads_its_parent_at_most(plans: Plans, order: str) -> None:
    selected = f"tasks(first: {PAGE}, orderBy: [{order}]) {{ nodes {{ title }} }}"
    *_, counted, page = await plans.costs(PLACES["TeamMember"].replace("SELECTION", selected))

    for cost in (counted, page):
        assert cost.read <= 1.05 * large.TASKS_OF_BUSY_MEMBER, cost.plan  # one in fifty is deleted
        assert cost.scanned == ()


@pytest.mark.parametrize("connection", [one for one in connections() if "deleted" in field_of(one).args])
async def test_a_page_with_the_deleted_ones_reads_about_what_it_gives(plans: Plans, connection: str) -> None:
    field = connection.split(".")[1]
    for order in orders_of(connection):
        selected = f"{field}(first: {PAGE} {order} deleted: INCLUDE) {{ nodes {{ {columns_of(connection)} }} }}"
        cost = await plans.cost_of_list(connection, selected)

        assert not is_excessive(cost, looked_for=looked_for(connection)), cost.plan


@pytest.mark.parametrize("connection", [one for one in connections() if "deleted" in field_of(one).args])
async def test_a_page_of_the_deleted_ones_reads_its_parent_at_most(plans: Plans, connection: str) -> None:
    # An index for them would have to be maintained by every delete.
    field = connection.split(".")[1]
    page = await plans.cost_of_list(connection, f"{field}(first: {PAGE}, deleted: ONLY) {{ nodes {{ id }} }}")
    whole = await plans.cost_of_list(connection, f"{field}(deleted: INCLUDE) {{ totalCount }}")

    assert page.read <= whole.read
    assert page.scanned == ()


@pytest.mark.parametrize("connection", connections())
async def test_a_count_reads_what_it_counts(plans: Plans, connection: str) -> None:
    parent, field = connection.split(".")
    query = PLACES[parent].replace("SELECTION", f"{field} {{ totalCount }}")
    (data,) = (await plans.data(query)).values()
    counted = (data if parent == "Query" else data[field])["totalCount"]
    *_, cost = await plans.costs(query)

    memberships = ORGANIZATIONS + MEMBERSHIPS if connection in OWN else 0
    assert cost.read <= 1.05 * counted + 1 + memberships  # one in fifty is deleted
    assert cost.scanned == ()


@pytest.mark.parametrize("query", LOOK_UPS.values(), ids=LOOK_UPS)
async def test_a_look_up_reads_a_row_or_two_for_each_answer(plans: Plans, query: str) -> None:
    costs = await plans.costs(query)

    nouns = NOUNS if query.startswith("node") else 1
    assert [cost for cost in costs if is_excessive(cost, nouns=nouns)] == []


@pytest.mark.parametrize(("keys", "amount"), [('{eq: "T1-7"}', 1), ('{in: ["T1-7", "T2-9", "T99-1"]}', 3)])
@pytest.mark.parametrize("asked", ["nodes { title }", "totalCount"])
@pytest.mark.parametrize("connection", ["Organization.tasks", "Team.tasks", "TeamMember.tasks", "Viewer.tasks"])
async def test_a_key_in_a_filter_is_looked_up(
    plans: Plans, connection: str, asked: str, keys: str, amount: int
) -> None:
    """By its number, which one task of each of the 20 teams may have, and each has a team that says the rest."""
    cost = await plans.cost_of_list(connection, f"tasks(filter: {{key: {keys}}}) {{ {asked} }}")

    times = MEMBERSHIPS if connection in OWN else 1
    assert cost.read <= times * amount * 2 * 20 + ORGANIZATIONS + MEMBERSHIPS, cost.plan
    assert cost.scanned == ()


@pytest.mark.parametrize("titles", ['{eq: "TASK 7"}', '{in: ["task 7", "Task 8", "Nothing"]}'])
@pytest.mark.parametrize("asked", ["nodes { title }", "totalCount"])
@pytest.mark.parametrize("connection", ["Organization.tasks", "Team.tasks", "TeamMember.tasks", "Viewer.tasks"])
async def test_a_title_in_a_filter_is_looked_up(plans: Plans, connection: str, asked: str, titles: str) -> None:
    """Up to 20 tasks have the same, one of each team."""
    cost = await plans.cost_of_list(connection, f"tasks(filter: {{title: {titles}}}) {{ {asked} }}")

    assert cost.read <= 2 * 20 + ORGANIZATIONS + MEMBERSHIPS, cost.plan
    assert cost.scanned == ()


async def test_a_hundred_ids_are_found_without_a_search(plans: Plans) -> None:
    ids = [str(large.identify("0006", number)) for number in range(1, 9_901, 99)]
    costs = await plans.costs(f"nodes(ids: {ids}) {{ id }}".replace("'", '"'))

    assert [cost.rows for cost in costs] == [100, 100]
    assert [cost for cost in costs if is_excessive(cost, looked_for=100, nouns=NOUNS)] == []


async def test_each_level_of_a_walk_reads_a_page_for_each_parent(plans: Plans) -> None:
    costs = await plans.costs(PLACES["Organization"].replace("SELECTION", WALK))

    # The organization, its teams counted and listed, one's own roles, people, members, and up to 21 tasks for each.
    assert sorted(cost.rows for cost in costs) == [1, 1, 20, 20, 20, 116, 2289]
    # The people are found by 115 memberships, each of which is in two tables; of each two rows say why they are shown.
    (people,) = (cost for cost in costs if is_excessive(cost))
    assert people.rows == 20
    assert people.read <= 2 * 115 + 3 * 20
    assert people.scanned == ()


async def test_settings_and_permissions_of_many_read_a_few_rows_for_each(plans: Plans) -> None:
    asked = """teams(first: 20) {
        nodes { effectiveSettings { digest { value } } viewerPermissions
            members(first: 5) { nodes { settings { digest } effectiveSettings { digest { value } } viewerPermissions } }
            tasks(first: 5) { nodes { dueWindow viewerPermissions } } }
    }"""
    costs = await plans.costs(PLACES["Organization"].replace("SELECTION", asked))

    # The organization, its teams, their members and tasks; the settings of teams, of members (in two) and the viewer's
    # in each team; and what the viewer is in the teams.
    assert (len(costs), [cost for cost in costs if is_excessive(cost)]) == (9, [])


async def test_a_search_for_a_name_reads_no_more_of_each_teams_tasks_than_it_shows(plans: Plans) -> None:
    found = f'searchTasks(organizationId: "{large.ORGANIZATION}", query: "taem", mode: FUZZY) {{ nodes {{ title }} }}'
    _, names, *_, ranked, _tasks = await plans.costs(found)

    # All names of the organization are looked at: 20 teams, and 145 who are in one, each with a member and a person;
    # and 200 tasks of each team, one in fifty of them deleted.
    assert (names.rows, names.read <= 20 + 3 * 145, names.scanned) == (20, True, ())
    assert (ranked.rows, ranked.read <= 1.05 * 20 * 200 + 200, ranked.scanned) == (21, True, ())


async def test_a_small_tenant_does_not_pay_for_the_big_one(plans: Plans) -> None:
    costs = await plans.costs(
        f'organization(by: {{slug: "small-500"}}) {{ tasks {{ totalCount nodes {{ key }} }} {WALK} }}',
        who="person1@small-500.example.com",
    )

    assert [cost for cost in costs if is_excessive(cost)] == []


@pytest.mark.parametrize("field", ["CREATED_AT", "DUE_DATE", "PRIORITY", "TITLE"])
async def test_page_200_costs_what_page_1_does(plans: Plans, field: str) -> None:
    order = f"orderBy: {{field: {field}}}"
    place = PLACES["TeamMember"]
    end = await plans.data(place.replace("SELECTION", f"tasks(last: 51 {order}) {{ totalCount edges {{ cursor }} }}"))
    after = end["node"]["tasks"]["edges"][0]["cursor"]
    first = await plans.cost_of_list("TeamMember.tasks", f"tasks(first: 50 {order}) {{ nodes {{ key }} }}")
    last = await plans.cost_of_list(
        "TeamMember.tasks", f'tasks(first: 50 {order} after: "{after}") {{ nodes {{ key }} }}'
    )

    assert end["node"]["tasks"]["totalCount"] == 200 * 50 == large.TASKS_OF_BUSY_MEMBER
    # Each task and its team; the first page looks whether there is a second one, too.
    assert [(cost.rows, cost.read) for cost in (first, last)] == [(51, 102), (50, 100)]
    assert abs(first.buffers - last.buffers) <= 51  # whether neighbours lie on one page


@pytest.mark.parametrize(("window", "most"), [("OVERDUE", 1_000), ("TODAY", 5_000)])
async def test_a_page_of_a_due_window_reads_no_more_than_lists_of_its_days(
    plans: Plans, window: str, most: int
) -> None:
    """Of what is past it reads on from the newest task, for each of which three rows say what day it is there; of what
    is about now, some 250 a day are due."""
    selected = f"tasks(filter: {{dueWindow: {{eq: {window}}}}}) {{ nodes {{ title }} }}"
    cost = await plans.cost_of_list("Organization.tasks", selected)

    assert cost.read <= most, cost.plan
    assert cost.scanned == ()
