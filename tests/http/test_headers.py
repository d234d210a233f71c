"""What every answer says about itself, whatever became of the request."""

from typing import Any

import pytest

from tests.api import GRAPHQL, Api

QUERY = {"query": "{ __typename }"}
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("method", "sent", "status"),
    [
        ("POST", {"json": QUERY}, 200),
        ("GET", {"params": QUERY}, 200),
        ("POST", {"json": {"query": "{"}}, 200),
        ("POST", {"json": {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "unknown"}}}}, 200),
        ("POST", {"content": b"{", "headers": JSON}, 400),
        ("POST", {"json": QUERY, "headers": {"authorization": "Bearer x"}}, 401),
        ("GET", {"params": QUERY, "headers": {"sec-fetch-site": "cross-site"}}, 403),
        ("GET", {"params": {"query": "mutation { __typename }"}}, 405),
        ("POST", {"content": b" " * 300_000, "headers": JSON}, 413),
        ("POST", {"content": b"{}", "headers": {"content-type": "text/plain"}}, 415),
    ],
)
async def test_an_answer_is_json_that_nobody_keeps(api: Api, method: str, sent: dict[str, Any], status: int) -> None:
    response = await api.http.request(method, GRAPHQL, **sent)

    assert response.status_code == status
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-length"] == str(len(response.content))
    assert not {"server", "x-powered-by", "set-cookie"} & set(response.headers)
