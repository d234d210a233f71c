"""What pages of other sites can make a browser send, and what the server lets them read."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from app.config import Settings
from tests.api import GRAPHQL, SECRET, Api, serving
from tests.conftest import Database

QUERY = {"query": "{ __typename }"}
SENT = ("idempotency-key", "x-api-key", "x-request-id", "apollographql-client-name,apollographql-client-version")
FRIEND, STRANGER = "https://app.example.com", "https://evil.example.com"


@pytest.fixture
async def friendly(database: Database) -> AsyncIterator[Api]:
    """A server that one other site may call."""
    settings = Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET), cors_origins=[FRIEND])
    async with serving(settings) as api:
        yield api


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "cross-site", "apollo-require-preflight": "true"}, 200),
        ({"sec-fetch-site": "cross-site", "x-apollo-operation-name": "Q"}, 200),
        ({"sec-fetch-site": "cross-site", "content-type": "application/json"}, 200),
        ({"sec-fetch-site": "cross-site", "content-type": "Text/Plain; charset=utf-8"}, 403),
        ({"sec-fetch-site": "cross-site", "content-type": "application/x-www-form-urlencoded"}, 403),
        ({"sec-fetch-site": "cross-site", "content-type": "multipart/form-data; boundary=a"}, 403),
    ],
)
async def test_a_get_that_another_site_caused(api: Api, headers: dict[str, str], status: int) -> None:
    response = await api.http.get(GRAPHQL, params=QUERY, headers=headers)
    assert response.status_code == status
    assert ("data" in response.json()) is (status == 200)


@pytest.mark.parametrize(("origin", "allowed"), [(FRIEND, FRIEND), (STRANGER, None)])
async def test_only_listed_sites_may_read_answers(friendly: Api, origin: str, allowed: str | None) -> None:
    response = await friendly.http.post(GRAPHQL, json=QUERY, headers={"origin": origin})
    assert response.headers.get("access-control-allow-origin") == allowed
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize(("origin", "status"), [(FRIEND, 200), (STRANGER, 400)])
async def test_a_browser_asks_before_it_sends_json(friendly: Api, origin: str, status: int) -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}
    response = await friendly.http.options(GRAPHQL, headers={"origin": origin, **asked})
    assert response.status_code == status
    assert response.headers.get("access-control-allow-origin") == (FRIEND if origin == FRIEND else None)


@pytest.mark.parametrize(("header", "status"), [*[(header, 200) for header in SENT], ("x-unheard-of", 400)])
async def test_listed_sites_may_send_the_headers_that_clients_use(friendly: Api, header: str, status: int) -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": header}
    response = await friendly.http.options(GRAPHQL, headers={"origin": FRIEND, **asked})
    assert response.status_code == status


async def test_no_site_is_listed_by_default(api: Api) -> None:
    response = await api.http.options(GRAPHQL, headers={"origin": STRANGER, "access-control-request-method": "POST"})
    assert response.status_code == 204
    assert response.headers["allow"] == "GET, POST, OPTIONS"
    assert not [name for name in response.headers if name.startswith("access-control")]
