"""X-Request-Id: the client's name for a request where it has a fitting one, and a new one elsewhere."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.api import GRAPHQL, Api
from tests.factories import make_tenant

CREATE = """mutation ($team: ID!) { createTask(input: {teamId: $team, title: "New"}) { task { id } } }"""


@pytest.mark.parametrize("given", ["a", "A-Za-z_0.9", "x" * 64])
async def test_a_fitting_name_comes_back(api: Api, given: str) -> None:
    response = await api.http.post(GRAPHQL, json={"query": "{ __typename }"}, headers={"x-request-id": given})

    assert response.headers["x-request-id"] == given


@pytest.mark.parametrize("given", [None, "", "x" * 65, "a b", "a/b", "a\xe4", "{a}"])
async def test_any_other_is_replaced_by_an_id(api: Api, given: str | None) -> None:
    headers = [] if given is None else [(b"x-request-id", given.encode("latin-1"))]
    response = await api.http.post(GRAPHQL, json={"query": "{ __typename }"}, headers=headers)

    assert UUID(response.headers["x-request-id"]).version == 7


@pytest.mark.parametrize("body", [b"", b'{"query": "{"}', b'{"query": "{ organizations { totalCount } }"}'])
async def test_a_refusal_has_it_too(api: Api, body: bytes) -> None:
    headers = {"content-type": "application/json", "x-request-id": "refused"}
    response = await api.http.post(GRAPHQL, content=body, headers=headers)

    assert "errors" in response.json()
    assert response.headers["x-request-id"] == "refused"


async def test_it_stands_in_the_log(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    request = {"query": CREATE, "variables": {"team": str(tenant.teams[0])}}
    await api.http.post(GRAPHQL, json=request, headers=api.headers(tenant.owner) | {"x-request-id": "from-a-form"})
    unnamed = await api.http.post(GRAPHQL, json=request, headers=api.headers(tenant.owner))

    logged = await superuser.fetch(
        "SELECT request_id FROM events WHERE organization_id = $1 ORDER BY sequence", tenant.id
    )
    assert [row["request_id"] for row in logged] == ["from-a-form", unnamed.headers["x-request-id"]]
