"""What is counted of requests, and that no client decides how much that is."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from app.db.admission import CallerBusy
from app.http.request_counts import DURATIONS, MOST_OUTCOMES, RequestCounts
from app.operations import names
from app.operations.names import ENOUGH, MOST, SHARE, Names
from app.purging.purge_job import purge_due
from app.rates.limiter import Rates
from tests.api import Api
from tests.factories import make_tenant
from tests.metrics.scraping import Scrape, headers, scrape

DELETE = "mutation ($ids: [ID!]!) { deleteTasks(ids: $ids) { deletedIds } }"
TEAM = "query Team($id: ID!) { team(id: $id) { key tasks { nodes { id } } } }"
LEFT = "SELECT count(*) FROM tasks WHERE organization_id = $1"
LATER = "UPDATE deletions SET purge_at = now() + interval '1 day' WHERE (organization_id, id) = ($1, $2)"


def outcomes(found: Scrape) -> dict[tuple[str, str, str], float]:
    samples = found.samples("trellis_requests_total")
    return {(one.labels["operation"], one.labels["status"], one.labels["code"]): one.value for one in samples}


async def test_a_request_is_counted_with_what_it_took(fresh: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=3)
    before = await scrape(fresh.http)
    for _ in range(ENOUGH + 2):
        await fresh.data(TEAM, who=tenant.owner, id=str(tenant.teams[0]))
    statements = len(fresh.statements)
    found = await scrape(fresh.http)

    # Those until its name had earned to be told apart, and those since.
    assert outcomes(found) == {("other", "200", ""): ENOUGH - 1, ("Team", "200", ""): 3}
    assert found.value("trellis_request_duration_seconds_count", operation="Team") == 3
    assert found.value("trellis_request_duration_seconds_bucket", operation="Team", le="+Inf") == 3
    assert found.value("trellis_statements_total", operation="Team") == 3 * statements
    assert found.value("trellis_rows_total", operation="Team") == 3 * 4  # the team and its tasks
    batch = "tasks_by_team"
    called = found.total("trellis_batch_keys_count", batch=batch) - before.total(
        "trellis_batch_keys_count", batch=batch
    )
    assert called == ENOUGH + 2
    assert found.value("trellis_requests_in_flight") == 0


async def test_what_went_wrong_is_told_by_status_and_code(fresh: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await fresh.http.post("/graphql", json={"query": "{ nothing }"})
    await fresh.http.post("/graphql", content=b"{", headers={"Content-Type": "application/json"})
    await fresh.send("{ viewer { user { id } } }", who=tenant.owner)
    await fresh.http.post("/graphql", json={"query": "{ __typename }"}, headers=headers())
    await fresh.http.get("/exports/nothing")

    assert outcomes(await scrape(fresh.http)) == {
        ("none", "200", "GRAPHQL_VALIDATION_FAILED"): 1,
        ("none", "400", "BAD_REQUEST"): 1,
        ("anonymous", "200", ""): 1,
        ("none", "401", "UNAUTHENTICATED"): 1,
        ("download", "404", ""): 1,
    }


async def test_hostile_names_make_no_series(fresh: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await fresh.send("query First { viewer { user { id } } }", who=tenant.owner)
    before = (await scrape(fresh.http)).size
    for place in range(20):
        name = f"{'x' * 200}{place}" if place % 2 else f"Name{place}"
        for _ in range(1 if place < 15 else ENOUGH + 1):
            await fresh.send(f"query {name} {{ __typename }}", who=None)  # nobody, however often
        await fresh.send(f'query {name} {{ team(id: "nothing") {{ id }} }}', who=tenant.owner)
    found = await scrape(fresh.http)

    assert found.of("trellis_requests_total", "operation") == {"other"}
    # An outcome, batches and background work that were not there before; a name would be some twenty.
    assert found.size - before <= 40


def test_one_caller_brings_up_half_of_the_names() -> None:
    known, hostile, other = Names(), uuid4(), uuid4()
    told = {known.label(f"Hostile{place}", hostile, fine=True) for _ in range(ENOUGH) for place in range(3 * MOST)}
    others = {known.label(f"Other{place}", other, fine=True) for _ in range(ENOUGH) for place in range(MOST)}

    assert len(told - {names.OTHER}) == SHARE
    assert len(others - {names.OTHER}) == MOST - SHARE


def test_a_name_that_is_not_used_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0
    monkeypatch.setattr(names, "monotonic", lambda: now)
    forgotten: list[str] = []
    known = Names([f"query Trusted{place} {{ a }}" for place in range(MOST)], forget=forgotten.append)
    for place in range(MOST):
        now += 1
        assert known.label(f"Trusted{place}", uuid4(), fine=True) == f"Trusted{place}"
    caller = uuid4()
    refused = {known.label("New", caller, fine=True) for _ in range(ENOUGH)}
    now += names.IDLE - MOST / 2

    assert refused == {names.OTHER}
    assert known.label("New", caller, fine=True) == "New"
    assert forgotten == ["Trusted0"]
    assert known.label("Trusted0", caller, fine=False) == names.OTHER


def test_trusted_names_are_told_apart_at_once() -> None:
    known = Names(["query Board($id: ID!) { a } fragment F on T { b }", "mutation\n Save { c }"])

    assert known.label("Board", uuid4(), fine=True) == "Board"
    assert known.label("Save", uuid4(), fine=True) == "Save"
    assert known.label("F", uuid4(), fine=True) == names.OTHER
    assert known.label("Board", None, fine=False) == "Board"


@pytest.mark.parametrize("name", [*names.RESERVED, "x" * 101])
def test_reserved_and_long_names_are_others(name: str) -> None:
    known = Names([f"query {name} {{ a }}"])

    assert known.label(name, uuid4(), fine=True) == names.OTHER


def test_outcomes_are_bounded() -> None:
    counts = RequestCounts(f"query Name{place} {{ a }}" for place in range(MOST))
    for place in range(MOST):
        name = counts.names.label(f"Name{place}", uuid4(), fine=True)
        for status in range(400, 420):
            counts.note(name, status, ["CODE"]).seconds.observe(0.1)
    outcomes = [outcome for one in counts.operations.values() for outcome in one.outcomes.values()]

    assert sum(outcomes) == MOST * 20
    assert len(outcomes) <= MOST_OUTCOMES + 20
    assert len(counts.operations) <= MOST + 1
    assert sum(sum(one.seconds.amounts) for one in counts.operations.values()) == MOST * 20
    assert len(DURATIONS) == 10


async def test_refusals_of_rate_limits_are_told_by_their_reason(fresh: Api) -> None:
    rates: Rates = fresh.http._transport.app.state.endpoint.rates  # type: ignore[attr-defined]  # there is no other way in
    rates._settings = rates._settings.model_copy(
        update={"rate_limit_anonymous": 1, "rate_limit_failures": 1, "max_in_flight": 1000}
    )
    for _ in range(3):
        await fresh.send("{ __typename }", who=None)
    for _ in range(3):
        await fresh.send_with({"Authorization": "Bearer nothing"}, "{ __typename }")
    rates._settings = rates._settings.model_copy(update={"max_in_flight": 0})
    await fresh.send("{ __typename }", who=None)
    found = await scrape(fresh.http)

    told = {one.labels["reason"]: one.value for one in found.samples("trellis_rate_limited_total")}
    assert told == {"points": 2, "at_once": 1, "sign_ins": 2, "connections": 0}


async def test_a_caller_whose_requests_hold_all_connections_is_counted(fresh: Api) -> None:
    held = await fresh.database.take("caller")
    with pytest.raises(CallerBusy):
        await fresh.database.take("caller")
    fresh.database.release(held)
    found = await scrape(fresh.http)

    assert found.value("trellis_rate_limited_total", reason="connections") == 1
    assert found.value("trellis_pool_wait_seconds_count", pool="requests", **{"class": "caller"}) == 1


async def test_events_and_what_is_purged_are_counted(fresh: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=2)
    await leave_nothing_due(superuser)
    before = await scrape(fresh.http)
    await fresh.data(DELETE, who=tenant.owner, ids=[str(one) for one in tenant.tasks[:2]])
    await superuser.execute("UPDATE deletions SET purge_at = now() WHERE organization_id = $1", tenant.id)
    async with asyncio.timeout(60):
        while await superuser.fetchval(LEFT, tenant.id):  # another application of this process may be at it
            await purge_due(fresh.database)
    found = await scrape(fresh.http)

    def grown(name: str, **labels: str) -> float:
        return found.value(name, **labels) - before.value(name, **labels)

    assert grown("trellis_events_written_total", type="DELETED") == 2
    assert grown("trellis_events_written_total", type="PURGED") == 2
    assert grown("trellis_purged_rows_total", table="tasks") == 2


async def leave_nothing_due(superuser: "asyncpg.Connection[Any]") -> None:
    """Keeps what other tests have left in this database for a day, and waits for what is being purged: every
    application of this process purges that, and counts it. One by one, so that no purge and this block each other."""
    for key in await superuser.fetch("SELECT organization_id, id FROM deletions WHERE purge_at <= now()"):
        await superuser.execute(LATER, *key)
