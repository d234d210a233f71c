"""What pages of other sites can make a browser send, and what the server lets them read."""

from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Route

from app.config import Settings
from app.http.sharing import Sharing
from tests.api import GRAPHQL, SECRET, Api, serving
from tests.conftest import Database

QUERY = {"query": "{ __typename }"}
SENT = (
    *("authorization,content-type", "idempotency-key", "x-api-key", "x-request-id", "apollo-require-preflight"),
    *("apollographql-client-name,apollographql-client-version", "baggage,sentry-trace", "traceparent,tracestate"),
)
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


@pytest.mark.parametrize("header", SENT)
async def test_listed_sites_may_send_whatever_header_their_clients_and_monitors_add(friendly: Api, header: str) -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": header}
    response = await friendly.http.options(GRAPHQL, headers={"origin": FRIEND, **asked})
    assert (response.status_code, response.headers["access-control-allow-headers"]) == (200, header)


async def test_a_refused_preflight_says_what_to_set(friendly: Api, api: Api) -> None:
    asked = {"origin": STRANGER, "access-control-request-method": "POST"}
    refused = [
        await one.http.options(path, headers=asked) for one in (friendly, api) for path in (GRAPHQL, "/graphql/")
    ]
    said = f"Pages of {STRANGER} may not use this server: to let them, put {STRANGER} into TRELLIS_CORS_ORIGINS.\n"
    assert [(one.status_code, one.text) for one in refused] == [(400, said)] * 4
    assert not [name for one in refused for name in one.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:5173", True),
        ("http://localhost", True),
        ("https://127.0.0.1:3000", True),
        ("http://[::1]:8080", True),
        ("http://board.localhost:4200", True),
        (FRIEND, True),
        ("http://localhost.evil.example.com", False),
        ("http://localhost:5173.evil.example.com", False),
        ("http://10.0.0.1:3000", False),
        ("null", False),
    ],
)
async def test_pages_of_this_machine_may_use_a_server_for_development(origin: str, allowed: bool) -> None:
    def answer(*_: object) -> Response:
        return Response("answered")

    app = Starlette(
        routes=[Route(GRAPHQL, answer, methods=["POST"])],
        middleware=[Middleware(Sharing, [FRIEND], loopback=True)],
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as http:
        asked = await http.options(GRAPHQL, headers={"origin": origin, "access-control-request-method": "POST"})
        sent = await http.post(GRAPHQL, headers={"origin": origin})
    assert asked.status_code == (200 if allowed else 400)
    assert sent.text == "answered"
    assert {one.headers.get("access-control-allow-origin") for one in (asked, sent)} == {origin if allowed else None}


async def test_no_site_is_listed_by_default(api: Api) -> None:
    response = await api.http.options(GRAPHQL, headers={"origin": STRANGER})
    assert response.status_code == 204
    assert response.headers["allow"] == "GET, POST, OPTIONS"
    assert not [name for name in response.headers if name.startswith("access-control")]
