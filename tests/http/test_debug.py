"""What an operation cost is told in development, to those who ask."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from app.http.debug import HEADER
from tests.api import GRAPHQL, Api, serving
from tests.factories import make_tenant

WALK = (
    "query ($slug: String!) { organization(by: {slug: $slug}) { teams { nodes { id tasks { nodes { id tags } } } } } }"
)


@pytest.fixture
async def debugging(api: Api) -> AsyncIterator[Api]:
    """A server as `trellis dev` sets it up."""
    async with serving(api.settings.model_copy(update={"debug": True})) as served:
        yield served


async def extensions(api: Api, query: str, *, who: str | None, header: str | None = "1", **variables: Any) -> Any:
    """The extensions of an answer; None where there are none."""
    headers = (api.headers(who) if who else {}) | ({HEADER: header} if header else {})
    answer = await api.http.post(GRAPHQL, json={"query": query, "variables": variables}, headers=headers)
    assert answer.status_code == 200
    return answer.json().get("extensions")


async def test_statements_rows_and_time_are_told(debugging: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=3, tasks=2)
    told = (await extensions(debugging, WALK, who=tenant.owner, slug=tenant.slug))["trellis"]

    # BEGIN with the identity; one organization, its three teams, their six tasks.
    assert (told["statements"], told["rows"], told["oneByOne"]) == (4, 1 + 3 + 6, {})
    assert 0 < told["milliseconds"] < 60_000
    assert list(told) == ["statements", "rows", "milliseconds", "oneByOne"]


async def test_fields_that_are_completed_one_by_one_are_told(
    debugging: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, teams=3)
    query = """query ($slug: String!) { organization(by: {slug: $slug}) {
        teams(first: 2) { nodes { tasks(first: 1, last: 1) { nodes { title } } } } members { nodes { role } }
    } }"""
    told = (await extensions(debugging, query, who=tenant.owner, slug=tenant.slug))["trellis"]
    assert told["oneByOne"] == {"Query.organization": 1}

    introspected = (await extensions(debugging, "{ __schema { queryType { name } } }", who=None))["trellis"]
    assert introspected["oneByOne"] == {"__Schema.queryType": 1, "__Type.name": 1}
    assert (introspected["statements"], introspected["rows"]) == (0, 0)


@pytest.mark.parametrize("header", [None, "0", "true", ""])
async def test_nothing_is_told_unasked(debugging: Api, header: str | None) -> None:
    assert await extensions(debugging, "{ __typename }", who=None, header=header) is None


async def test_nothing_is_told_outside_of_development(api: Api) -> None:
    assert await extensions(api, "{ __typename }", who=None) is None
