"""Who is told the metrics, in which form, and that asking for them holds up nobody."""

import asyncio
from typing import Any

import asyncpg
import pytest

from app.db.engine import DatabaseUnavailable
from app.metrics.catalogue import CATALOGUE
from tests.api import Api
from tests.factories import make_tenant
from tests.metrics.scraping import NEW, SUFFIXES, TOKEN, Scrape, headers, scrape

# What Prometheus 2.42 sends.
PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)


async def test_nothing_is_told_where_nothing_is_set(api: Api) -> None:
    response = await api.http.get("/metrics", headers=headers())

    assert (response.status_code, api.settings.tells_metrics) == (404, False)


@pytest.mark.parametrize(
    "authorization", [None, TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer", "Bearer \u00fc", f"bearer  {TOKEN}"]
)
async def test_nobody_is_told_without_the_token(telling: Api, authorization: str | None) -> None:
    given = {} if authorization is None else {b"Authorization": authorization.encode()}
    response = await telling.http.get("/metrics", headers=given)

    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
    assert response.text == "Send the token of the metrics.\n"


async def test_metrics_are_asked_for_by_get(telling: Api) -> None:
    response = await telling.http.post("/metrics", headers=headers())

    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("accept", "media_type", "end"),
    [
        ("", "text/plain; version=0.0.4; charset=utf-8", False),
        ("text/plain;version=0.0.4", "text/plain; version=0.0.4; charset=utf-8", False),
        (NEW, "application/openmetrics-text; version=1.0.0; charset=utf-8", True),
        (PROMETHEUS, "application/openmetrics-text; version=1.0.0; charset=utf-8", True),
    ],
)
async def test_they_come_in_the_form_that_is_accepted(telling: Api, accept: str, media_type: str, end: bool) -> None:
    response = await telling.http.get("/metrics", headers=headers(Accept=accept))

    assert response.headers["content-type"] == media_type
    assert response.headers["cache-control"] == "no-store"
    assert response.text.endswith("# EOF\n") is end
    counter = "process_cpu_seconds" if end else "process_cpu_seconds_total"
    assert f"# TYPE {counter} counter\nprocess_cpu_seconds_total{{" in response.text


async def test_every_metric_is_as_the_catalogue_says(telling: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await telling.data(
        "query Team($id: ID!) { team(id: $id) { tasks { nodes { id } } } }", who=tenant.owner, id=str(tenant.teams[0])
    )
    found = await scrape(telling.http)

    told = {family.name: family for family in found.families}
    assert set(told) == {metric.name.removesuffix("_total") for metric in CATALOGUE}
    for metric in CATALOGUE:
        family = told[metric.name.removesuffix("_total")]
        assert (family.type, family.documentation) == (metric.kind, metric.says)
        names = {f"{metric.name}{suffix}" for suffix in SUFFIXES.get(metric.kind, ("",))}
        assert {sample.name for sample in family.samples} == names
        labels = {frozenset(sample.labels) - {"worker", "le"} for sample in family.samples}
        assert labels == {frozenset(metric.labels)}


async def test_asking_takes_none_of_the_connections_of_requests(telling: Api) -> None:
    waited = {"pool": "requests", "class": "server"}
    before = await scrape(telling.http)
    async with telling.database.lent():  # the only one
        with pytest.raises(DatabaseUnavailable):
            await telling.database.take()
        found = await scrape(telling.http)

    assert found.value("trellis_database_up") == 1
    assert found.value("trellis_pool_in_use", pool="requests", **{"class": "server"}) == 1
    assert found.value("trellis_pool_in_use", pool="requests", **{"class": "caller"}) == 0
    assert grown(before, found, "trellis_pool_wait_seconds_count", **waited) == 1
    assert 0.09 < grown(before, found, "trellis_pool_wait_seconds_sum", **waited) < 10


async def test_a_database_that_does_not_tell_fails_no_scrape(
    telling: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    async with superuser.transaction():
        await superuser.execute("LOCK TABLE embedding_jobs")
        found = await scrape(telling.http)
    again = await scrape(telling.http)

    assert found.value("trellis_database_up") == 0
    assert list(found.samples("trellis_queue_waiting")) == []
    assert found.value("trellis_worker_up", worker="0") == 1
    assert again.value("trellis_database_up") == 1


def grown(before: Scrape, after: Scrape, name: str, **labels: str) -> float:
    return after.value(name, **labels) - before.value(name, **labels)


async def test_those_who_ask_at_once_share_one_look(telling: Api) -> None:
    found = await asyncio.gather(*(scrape(telling.http) for _ in range(3)))

    assert len({one.value("trellis_database_seconds") for one in found}) == 1


async def test_the_token_lets_nobody_in_elsewhere(telling: Api) -> None:
    response = await telling.http.post("/graphql", json={"query": "{ viewer { user { id } } }"}, headers=headers())

    assert response.status_code == 401
