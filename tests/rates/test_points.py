"""Points: what a request takes of its caller's minute, and what happens when nothing is left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import time
from typing import Any

import asyncpg
import httpx
import pytest
from pydantic import SecretStr
from starlette.types import Send

from app.config import Settings
from app.graph.charge import CostEstimate
from app.http.rate_limit import cost_estimate
from app.rates import windows
from tests.api import GRAPHQL, SECRET, Api, serving
from tests.api_keys.documents import make_key
from tests.conftest import Database
from tests.factories import Tenant, make_tenant
from tests.locks import HERE
from tests.unchanged import unchanged

VIEWER = "{ viewer { user { id } } }"
TASKS = "query ($id: ID!) { team(id: $id) { tasks(first: 100) { nodes { creator { name } } } } }"
TEAMS = "{ organizations(first: 100) { nodes { teams(first: 3) { nodes { key } } } } }"  # could be 400 objects
LISTS = " ".join(f"a{size}: tasks(first: {size}) {{ nodes {{ key }} }}" for size in (99, 98, 100))
MANY = f"{{ organizations {{ nodes {{ {LISTS} }} }} }}"  # 298 objects
WAITING = f"SELECT count(*) FROM pg_locks WHERE NOT granted AND {HERE}"
RENAME = 'mutation ($id: ID!) { updateTeam(id: $id, input: {name: "Renamed"}) { team { name } } }'


@asynccontextmanager
async def limited(database: Database, **limits: Any) -> AsyncIterator[Api]:
    settings = Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET), **limits)
    async with serving(settings) as api:
        yield api


def said(response: httpx.Response) -> tuple[str, str]:
    """The limit, and what is left of it."""
    return response.headers["ratelimit-limit"], response.headers["ratelimit-remaining"]


@pytest.mark.parametrize(
    ("requested", "complexity", "writes", "estimate"),
    [
        (0, 0, False, CostEstimate(1, 1, 0)),
        (149, 0, False, CostEstimate(1, 1, 149)),
        (150, 0, False, CostEstimate(1, 2, 150)),
        (500_000, 0, False, CostEstimate(1, 100, 500_000)),
        (20, 500, False, CostEstimate(5, 5, 20)),
        (0, 0, True, CostEstimate(5, 5, 0)),
        (549, 0, True, CostEstimate(5, 5, 549)),
        (550, 0, True, CostEstimate(5, 6, 550)),
    ],
)
def test_cost_estimates(requested: int, complexity: int, writes: bool, estimate: CostEstimate) -> None:
    assert cost_estimate(requested, complexity, most=10_000, writes=writes) == estimate


async def test_searches_take_what_they_cost(database: Database, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    each = "searchTasks(organizationId: $id, query: $q) { nodes { id } }"
    document = f"query ($id: ID!, $q: String!) {{ {' '.join(f'a{place}: {each}' for place in range(20))} }}"
    async with limited(database, rate_limit=150) as api:
        answered = await api.send(document, who=tenant.owner, id=str(tenant.id), q="words")
        refused = await api.send(document, who=tenant.owner, id=str(tenant.id), q="words")

    assert (answered.status_code, *said(answered)) == (200, "150", "50")
    message = refused.json()["errors"][0]["message"]
    assert message.startswith("The request takes 100 of the 150 points a minute, and 49 are left")
    assert api.statements == []


async def test_conditions_and_totals_count(database: Database, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=20)
    conditions = [{"title": {"contains": f"word {place}"}} for place in range(29)]
    filtered = "query ($f: TaskFilter) { organizations { nodes { tasks(filter: $f) { nodes { id } } } } }"
    counted = "{ organizations { nodes { teams { nodes { tasks { totalCount } members { totalCount } } } } } }"
    async with limited(database, rate_limit=100) as api:
        first = await api.send(filtered, who=tenant.owner, f={"or": conditions})
        second = await api.send(counted, who=tenant.owner)

    # The filter, the ones in it and their comparisons: 59 conditions of 10 objects each.
    assert said(first) == ("100", "94")
    # 40 lists that are counted, of 10 objects each, and 21 objects.
    assert said(second) == ("100", "90")


async def test_what_is_completed_again_beside_an_error_counts_once(
    database: Database, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, teams=20)
    lists = "tasks { totalCount } members { totalCount } bad: tasks(first: -1) { totalCount }"
    document = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Team {{ {lists} }} }} }}"
    async with limited(database, rate_limit=100) as api:
        answered = await api.send(document, who=tenant.owner, ids=[str(one) for one in tenant.teams])

    assert len(answered.json()["errors"]) == 20
    assert said(answered) == ("100", "96")  # 40 lists that are counted, of 10 objects each, and 20 objects


async def test_what_is_sorted_counts(database: Database, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=2, tasks=3_000)
    tasks = "tasks(first: 1, orderBy: $by) { nodes { key } }"
    lists = f"query ($ids: [ID!]!, $by: [TaskOrder!]) {{ nodes(ids: $ids) {{ ... on Team {{ {tasks} }} }} }}"
    teams = [str(one) for one in tenant.teams]
    async with limited(database, rate_limit=100) as api:
        indexed = await api.send(lists, who=tenant.owner, ids=teams, by=[{"field": "PRIORITY"}, {"field": "DUE_DATE"}])
        in_order = await api.send(lists, who=tenant.owner, ids=teams, by=[{"field": "STATUS"}, {"field": "TITLE"}])

    assert said(indexed) == ("100", "99")
    assert said(in_order) == ("100", "97")  # 6,000 rows, as much as 200 objects


async def test_a_large_delete_takes_what_it_costs(database: Database, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=1_000)
    delete = "mutation ($id: ID!) { deleteTeam(id: $id) { deletedIds } }"
    async with limited(database, rate_limit=100) as api:
        deleted = await api.send(delete, who=tenant.owner, id=str(tenant.teams[0]))

    assert said(deleted) == ("100", "90")


async def test_a_large_delete_leaves_enough_to_undo_it(
    database: Database, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, tasks=1_000)
    delete = "mutation ($id: ID!) { deleteTeam(id: $id) { deletion { id } } }"
    restore = "mutation ($id: ID!) { restoreDeletion(id: $id) { userErrors { message } } }"
    async with limited(database, rate_limit=12) as api:
        deleted = await api.send(delete, who=tenant.owner, id=str(tenant.teams[0]))
        deletion = deleted.json()["data"]["deleteTeam"]["deletion"]["id"]
        restored = await api.send(restore, who=tenant.owner, id=deletion)

    assert said(deleted) == ("12", "6")
    assert restored.json() == {"data": {"restoreDeletion": {"userErrors": []}}}
    assert said(restored) == ("12", "0")


async def test_every_answer_says_what_is_left(database: Database, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=100)
    async with limited(database, rate_limit=100) as api:
        small = await api.send(VIEWER, who=tenant.owner)
        could_be_large = await api.send(TEAMS, who=tenant.owner)
        large = await api.send(MANY, who=tenant.owner)
        written = await api.send(RENAME, who=tenant.owner, id=str(tenant.teams[0]))
        broken = await api.send("{ nothing }", who=tenant.owner)

    assert [said(one) for one in (small, could_be_large, large, written, broken)] == [
        ("100", "99"),
        ("100", "98"),
        ("100", "95"),
        ("100", "90"),
        ("100", "89"),
    ]
    assert {1 <= int(one.headers["ratelimit-reset"]) <= 60 for one in (small, large, written, broken)} == {True}


async def test_what_was_loaded_is_owed(database: Database, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=100)
    async with limited(database, rate_limit=2) as api:
        first = await api.send(MANY, who=tenant.owner)
        second = await api.send(VIEWER, who=tenant.owner)

    assert (first.status_code, *said(first)) == (200, "2", "0")
    assert second.status_code == 429


async def test_what_came_to_too_much_is_charged(database: Database, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=100)
    async with limited(database, rate_limit=100, max_loaded=250) as api:
        refused = await api.send(MANY, who=tenant.owner)

    assert refused.json()["errors"][0]["extensions"]["limit"] == "max_loaded"
    assert said(refused) == ("100", "97")


async def test_who_has_used_all_is_told_when_to_come_back(
    database: Database, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, members=2)
    async with limited(database, rate_limit=2) as api:
        for _ in range(2):
            await api.data(VIEWER, who=tenant.owner)
        refused = await api.send(VIEWER, who=tenant.owner)

        assert refused.status_code == 429
        wait = refused.headers["retry-after"]
        assert refused.headers["ratelimit-reset"] == wait
        assert said(refused) == ("2", "0")
        assert refused.json() == {
            "errors": [
                {
                    "message": f"The request takes 1 of the 2 points a minute, and 0 are left: try again in {wait} s.",
                    "extensions": {"code": "RATE_LIMITED", "retryAfter": int(wait)},
                }
            ]
        }
        assert api.statements == []
        await api.data(VIEWER, who=tenant.owner.replace("person1", "person2"))  # has a minute of their own


async def test_a_poll_that_is_refused_costs_nothing_more(
    database: Database, superuser: "asyncpg.Connection[Any]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it comes while nothing is left: nothing is owed when the next minute begins."""
    tenant = await make_tenant(superuser)
    async with limited(database, rate_limit=6) as api:
        await api.data(RENAME, who=tenant.owner, id=str(tenant.teams[0]))
        polls = [
            await api.send(document, who=tenant.owner, id=str(tenant.teams[0])) for document in (TASKS, *[TASKS] * 20)
        ]
        asked = list(api.statements)
        monkeypatch.setattr(windows, "time", lambda: time() + 61)
        after = await api.send(VIEWER, who=tenant.owner)

    assert [(one.status_code, *said(one)) for one in polls] == [(200, "6", "0"), *[(429, "6", "0")] * 20]
    assert asked == []
    assert said(after) == ("6", "5")


async def test_the_limit_of_a_key_wins(database: Database, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    async with limited(database, rate_limit=100) as api:
        _, key = await make_key(api, tenant, rateLimitPerMinute=2)
        answers = [await api.send_with({"X-API-Key": key}, VIEWER) for _ in range(3)]
        theirs = await api.send(VIEWER, who=tenant.owner)

    assert [(one.status_code, *said(one)) for one in answers] == [(200, "2", "1"), (200, "2", "0"), (429, "2", "0")]
    assert said(theirs) == ("100", "94")  # of which making the key took five


async def test_what_does_not_fit_is_not_run(database: Database, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    async with limited(database, rate_limit=4) as api:
        await api.data(VIEWER, who=tenant.owner)
        async with unchanged(superuser, tenant):
            refused = await api.send(RENAME, who=tenant.owner, id=str(tenant.teams[0]))

        assert refused.status_code == 429
        message = "The request takes 5 points, and the limit is 4 a minute: ask for less."
        assert refused.json()["errors"][0]["message"] == message
        assert api.statements == []
        assert said(refused) == ("4", "2")
        assert said(await api.send(VIEWER, who=tenant.owner)) == ("4", "1")


async def test_the_next_minute_has_all_points(
    database: Database, superuser: "asyncpg.Connection[Any]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "WINDOW", 0.3)
    tenant = await make_tenant(superuser)
    async with limited(database, rate_limit=1) as api:
        assert (await api.send(VIEWER, who=tenant.owner)).status_code == 200
        assert (await api.send(VIEWER, who=tenant.owner)).status_code == 429
        await asyncio.sleep(0.31)
        assert (await api.send(VIEWER, who=tenant.owner)).status_code == 200


async def test_requests_at_once(database: Database, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    async with limited(database, max_in_flight=2) as api:
        async with locked_tasks(superuser):
            waiting = [asyncio.create_task(ask_for_tasks(api, tenant)) for _ in range(2)]
            await until_locked_out(superuser, 2)
            refused = await api.send(VIEWER, who=tenant.owner)
            other = await api.send(VIEWER, who=tenant.owner.replace("person1", "person2"))

        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        message = "2 requests are under way, and no more are taken at once: wait for one."
        assert refused.json()["errors"] == [
            {"message": message, "extensions": {"code": "RATE_LIMITED", "retryAfter": 1}}
        ]
        assert other.status_code == 200
        assert [one.status_code for one in await asyncio.gather(*waiting)] == [200, 200]
        assert (await api.send(VIEWER, who=tenant.owner)).status_code == 200


@pytest.mark.parametrize(("ending", "status"), [("cancelled", None), ("too late", 503)])
async def test_what_ends_badly_is_in_flight_no_more(
    database: Database, superuser: "asyncpg.Connection[Any]", ending: str, status: int | None
) -> None:
    tenant = await make_tenant(superuser)
    async with limited(database, max_in_flight=1, request_timeout=1) as api:
        async with locked_tasks(superuser):
            waiting = asyncio.create_task(ask_for_tasks(api, tenant))
            await until_locked_out(superuser, 1)
            if ending == "cancelled":
                waiting.cancel()
            [ended] = await asyncio.gather(waiting, return_exceptions=True)
            answered = await api.send(VIEWER, who=tenant.owner)

        assert getattr(ended, "status_code", None) == status
        assert answered.status_code == 200


async def test_an_answer_that_nobody_takes_is_in_flight(
    database: Database, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    async with limited(database, max_in_flight=1) as api:
        begun, taken = asyncio.Event(), asyncio.Event()

        async def take_later(_part: object) -> None:
            begun.set()
            await taken.wait()

        sending = asyncio.create_task(send_to(take_later, api, tenant))
        await begun.wait()
        refused = await api.send(VIEWER, who=tenant.owner)
        taken.set()
        await sending

        assert refused.status_code == 429
        assert (await api.send(VIEWER, who=tenant.owner)).status_code == 200


async def send_to(send: Send, api: Api, tenant: Tenant) -> None:
    """Asks without HTTP, which would take the answer."""
    request = httpx.Request(
        "GET", f"http://testserver{GRAPHQL}?query=%7B__typename%7D", headers=api.headers(tenant.owner)
    )
    transport = api.http._transport
    assert isinstance(transport, httpx.ASGITransport)
    scope = {
        "type": "http",
        "method": "GET",
        "path": GRAPHQL,
        "query_string": request.url.query,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
    }
    await transport.app(scope, asyncio.Queue[Any]().get, send)


async def ask_for_tasks(api: Api, tenant: Tenant) -> httpx.Response:
    body = {"query": TASKS, "variables": {"id": str(tenant.teams[0])}}
    return await api.http.post(GRAPHQL, json=body, headers=api.headers(tenant.owner))


@asynccontextmanager
async def locked_tasks(superuser: "asyncpg.Connection[Any]") -> AsyncIterator[None]:
    """Whoever reads tasks has to wait for the end of the block."""
    async with superuser.transaction():
        await superuser.execute("LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE")
        yield


async def until_locked_out(superuser: "asyncpg.Connection[Any]", amount: int) -> None:
    async with asyncio.timeout(10):
        while await superuser.fetchval(WAITING) < amount:  # noqa: ASYNC110  # PostgreSQL sets no event of ours
            await asyncio.sleep(0.01)
