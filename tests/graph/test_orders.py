"""Lists sorted by several fields: what `orderBy` may say, which cursors fit, and how long such a list may be."""

from typing import Any, TypeAlias

import asyncpg
import pytest

from app.graph.paging import MOST_SORTED
from tests.api import Api
from tests.factories import Tenant, make_tenant

Superuser: TypeAlias = "asyncpg.Connection[Any]"

LIST = """query ($team: ID!, $order: [TaskOrder!], $filter: TaskFilter, $after: String) {
    team(id: $team) { tasks(orderBy: $order, filter: $filter, after: $after) {
        nodes { number } edges { cursor }
    } }
}"""
PRIORITY, DUE_DATE = {"field": "PRIORITY"}, {"field": "DUE_DATE"}
LATEST, STATUS = {"field": "DUE_DATE", "direction": "DESC"}, {"field": "STATUS"}
# By number: 1 is urgent without a date, 2 is urgent and due later, 3 is urgent and due first, 4 is low and due first.
FILL = """
UPDATE tasks SET status = 'TODO', completed_at = NULL,
                 priority = (ARRAY['URGENT', 'URGENT', 'URGENT', 'LOW'])[number],
                 due_date = (ARRAY[NULL, '2026-01-02', '2026-01-01', '2026-01-01']::date[])[number]
WHERE organization_id = $1
"""
MANY = """
INSERT INTO tasks (organization_id, id, team_id, number, title, status, priority, tags, created_at, updated_at)
SELECT $1, gen_random_uuid(), $2, number, 'Task', 'TODO', 'NONE', '{}', now(), now()
FROM generate_series(1, $3::int) AS number
"""
REFUSAL = "`after` is not a cursor of this list: pass a cursor that the same field gave, in the same order."


async def page(api: Api, tenant: Tenant, order: Any, **variables: Any) -> Any:
    data = await api.data(LIST, who=tenant.owner, team=str(tenant.teams[0]), order=order, **variables)
    return data["team"]["tasks"]


async def numbers(api: Api, tenant: Tenant, order: Any, **variables: Any) -> list[int]:
    return [task["number"] for task in (await page(api, tenant, order, **variables))["nodes"]]


@pytest.fixture(scope="module")
async def four(superuser: Superuser) -> Tenant:
    tenant = await make_tenant(superuser, tasks=4)
    await superuser.execute(FILL, tenant.id)
    return tenant


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (PRIORITY, [1, 2, 3, 4]),  # what old clients send: GraphQL makes a list of it
        ([PRIORITY, DUE_DATE], [3, 2, 1, 4]),
        ([PRIORITY, LATEST], [2, 3, 1, 4]),
        ([DUE_DATE, PRIORITY], [3, 4, 2, 1]),
        ([DUE_DATE, {"field": "PRIORITY", "direction": "DESC"}], [4, 3, 2, 1]),
        ([DUE_DATE], [3, 4, 2, 1]),
        ([LATEST], [2, 4, 3, 1]),
        ([STATUS, PRIORITY, {"field": "NUMBER", "direction": "DESC"}], [3, 2, 1, 4]),
        ([], [4, 3, 2, 1]),
        (None, [4, 3, 2, 1]),
    ],
)
async def test_the_first_counts_most_and_no_date_is_last(
    api: Api, four: Tenant, order: Any, expected: list[int]
) -> None:
    assert await numbers(api, four, order) == expected
    own = "query ($order: [TaskOrder!]) { viewer { tasks(orderBy: $order) { totalCount nodes { number } } } }"
    data = await api.data(own, who=four.owner, order=order)  # by way of memberships in teams, each in this order
    assert data["viewer"]["tasks"] == {"totalCount": 4, "nodes": [{"number": number} for number in expected]}


async def test_an_object_in_the_document_is_a_list_of_it(api: Api, four: Tenant) -> None:
    document = "query ($team: ID!) { team(id: $team) { tasks(orderBy: {field: DUE_DATE}) { nodes { number } } } }"
    data = await api.data(document, who=four.owner, team=str(four.teams[0]))

    assert [task["number"] for task in data["team"]["tasks"]["nodes"]] == [3, 4, 2, 1]


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ([DUE_DATE, LATEST], "`orderBy` says DUE_DATE twice: sort by each field once."),
        (
            [PRIORITY, DUE_DATE, STATUS, {"field": "TITLE"}],
            "`orderBy` has 4 fields: sort by 3 at most.",
        ),
    ],
)
async def test_an_order_that_makes_no_sense(api: Api, four: Tenant, order: Any, message: str) -> None:
    error = await api.error(LIST, who=four.owner, team=str(four.teams[0]), order=order)

    assert error["message"] == message
    assert (error["extensions"], error["path"]) == ({"code": "BAD_USER_INPUT"}, ["team", "tasks"])


@pytest.mark.parametrize(
    "other",
    [
        [DUE_DATE, PRIORITY],
        [PRIORITY, LATEST],
        [PRIORITY],
        [PRIORITY, DUE_DATE, STATUS],
        [{"field": "PRIORITY", "direction": "DESC"}, DUE_DATE],
    ],
)
async def test_a_cursor_of_an_order_is_refused_in_another(api: Api, four: Tenant, other: Any) -> None:
    given = (await page(api, four, [PRIORITY, DUE_DATE]))["edges"][1]["cursor"]
    error = await api.error(LIST, who=four.owner, team=str(four.teams[0]), order=other, after=given)

    assert await numbers(api, four, [PRIORITY, DUE_DATE], after=given) == [1, 4]
    assert (error["message"], error["extensions"]["code"]) == (REFUSAL, "BAD_USER_INPUT")


@pytest.mark.parametrize(("order", "statements"), [([PRIORITY, DUE_DATE], 1), ([DUE_DATE, PRIORITY], 2)])
async def test_an_order_without_an_index_takes_a_statement_more(
    api: Api, four: Tenant, order: Any, statements: int
) -> None:
    await page(api, four, None)
    await page(api, four, order)
    by_one = len(await sent(api, four, [PRIORITY]))

    assert len(await sent(api, four, order)) - by_one == statements - 1


async def sent(api: Api, tenant: Tenant, order: Any) -> list[Any]:
    await page(api, tenant, order)
    return list(api.statements)


async def test_what_no_index_has_in_order_is_sorted_up_to_a_limit(api: Api, superuser: Superuser) -> None:
    tenant = await make_tenant(superuser, tasks=0)
    await superuser.execute(MANY, tenant.id, tenant.teams[0], MOST_SORTED + 1)
    order = [STATUS, {"field": "NUMBER", "direction": "DESC"}]

    error = await api.error(LIST, who=tenant.owner, team=str(tenant.teams[0]), order=order)
    few = await numbers(api, tenant, order, filter={"number": {"gt": 1}})
    indexed = await numbers(api, tenant, [PRIORITY, DUE_DATE])
    counted = await api.data(
        "query ($team: ID!, $order: [TaskOrder!]) { team(id: $team) { tasks(orderBy: $order) { totalCount } } }",
        who=tenant.owner,
        team=str(tenant.teams[0]),
        order=order,
    )

    assert error["message"] == (
        "More than 10,000 objects would have to be sorted for this `orderBy`: choose fewer by `filter`, or sort by one "
        "field, for which there is an index."
    )
    assert error["extensions"] == {"code": "LIMIT_EXCEEDED", "limit": "sorted", "allowed": 10_000}
    assert error["path"] == ["team", "tasks", "nodes"]
    assert few == list(range(MOST_SORTED + 1, MOST_SORTED - 19, -1))
    assert len(indexed) == 20
    assert counted["team"]["tasks"] == {"totalCount": MOST_SORTED + 1}
