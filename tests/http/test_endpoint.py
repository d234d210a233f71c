"""GraphQL over HTTP: envelopes, media types, statuses, and who may ask without a token."""

import json
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx
import pytest
from graphql import get_introspection_query

from tests.api import GRAPHQL, Api
from tests.factories import make_tenant
from tests.walk import roots

VIEWER = "{ viewer { user { id } } }"
NOBODY = {"data": {"viewer": {"user": None}}}
NEWER = "application/graphql-response+json"
NOT_SIGNED_IN = "Sign in first: send an `Authorization: Bearer …` header."


async def post(api: Api, body: Any, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await api.http.post(GRAPHQL, content=content, headers={"content-type": "application/json", **headers})


def error_of(response: httpx.Response) -> dict[str, Any]:
    """The only error of a response, and nothing but errors."""
    body = response.json()
    assert list(body) == ["errors"]
    [error] = body["errors"]
    found: dict[str, Any] = error
    return found


async def test_a_query_by_post(api: Api) -> None:
    response = await post(api, {"query": VIEWER})
    assert response.status_code == 200
    assert response.json() == NOBODY
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_a_query_by_get(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    document = "query Other { __typename } query Team($id: ID!) { team(id: $id) { key } }"
    response = await api.http.get(
        GRAPHQL,
        params={"query": document, "operationName": "Team", "variables": json.dumps({"id": str(tenant.teams[0])})},
        headers=api.headers(tenant.owner),
    )
    assert response.json() == {"data": {"team": {"key": "T1"}}}


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        (NEWER, NEWER),
        (f"{NEWER}, application/json;q=0.9", NEWER),
        (f"application/json, {NEWER};q=0.5", "application/json"),
        (f"{NEWER};q=0.5, application/json", "application/json"),
        (f"application/json;q=0.9, {NEWER}", NEWER),
        (f"application/json; charset=utf-8; q=0.2,{NEWER};q=0.20", "application/json"),
        (f"{NEWER.upper()} ;Q=0.3, application/json;q=0.2", NEWER),
        (f"{NEWER};q=0.5, */*", "application/json"),
        (f"*/*, {NEWER}", NEWER),
        (f"{NEWER}; q=0, application/json; q=0.1", "application/json"),
        (f"{NEWER};q=0", "application/json"),
        (f"{NEWER};q=nonsense", NEWER),
        (",;=,;q", "application/json"),
        ("x," * 10_000 + NEWER, "application/json"),
    ],
)
async def test_the_media_type_that_the_client_prefers(api: Api, accept: str | None, answered: str) -> None:
    response = await post(api, {"query": VIEWER}, **({"accept": accept} if accept else {}))
    assert response.headers["content-type"] == f"{answered}; charset=utf-8"


@pytest.mark.parametrize(("accept", "status"), [("application/json", 200), (NEWER, 400)])
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"query": "{ viewer"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query ($id: ID!) { node(id: $id) { id } }"}, "BAD_USER_INPUT"),
        ({"query": VIEWER, "operationName": "Other"}, "BAD_USER_INPUT"),
        ({"query": "query A { __typename } query B { __typename }"}, "BAD_USER_INPUT"),
        ({"query": "{ __typename }", "variables": {"x": "\0"}}, "BAD_USER_INPUT"),
    ],
)
async def test_what_cannot_be_run_says_so_as_the_media_type_wants(
    api: Api, accept: str, status: int, body: dict[str, Any], code: str
) -> None:
    response = await post(api, body, accept=accept)
    assert response.status_code == status
    assert error_of(response)["extensions"]["code"] == code


@pytest.mark.parametrize("accept", ["application/json", NEWER])
async def test_what_has_been_run_is_200_with_its_errors(
    api: Api, superuser: "asyncpg.Connection[Any]", accept: str
) -> None:
    tenant = await make_tenant(superuser)
    headers = api.headers(tenant.owner) | {"accept": accept}
    response = await post(api, {"query": '{ good: __typename bad: node(id: "x") { id } }'}, **headers)
    assert response.status_code == 200
    assert response.json()["data"] == {"good": "Query", "bad": None}
    assert response.json()["errors"][0]["path"] == ["bad"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The request is not valid JSON in UTF-8."),
        (b"{", "The request is not valid JSON in UTF-8."),
        (b'{"query": "\xff"}', "The request is not valid JSON in UTF-8."),
        ("{}".encode("utf-16"), "The request is not valid JSON in UTF-8."),
        ([{"query": VIEWER}], "The body must be one JSON object with a `query`; batches are not taken."),
        ("query", "The body must be one JSON object with a `query`; batches are not taken."),
        ({}, "`query` must be the text of a GraphQL document."),
        ({"query": ""}, "`query` must be the text of a GraphQL document."),
        ({"query": 5}, "`query` must be the text of a GraphQL document."),
        ({"query": VIEWER, "variables": [1]}, "`variables` must be an object."),
        (
            {"query": VIEWER, "variables": "{}"},
            "`variables` in a POST body should be provided as an object, not a recursively JSON-encoded string.",
        ),
        (
            b'{"query": "{ viewer { user { id } } }", "variables": {"a": "\\\\ud83d \\ud83d\\ude00 \\uD83D!"}}',
            "A string holds `\\uD83D`, a surrogate without its other half: send both, or leave it out.",
        ),
        (
            b'{"query": "{ viewer { user { id } } }", "variables": {"a": "\\ude00"}}',
            "A string holds `\\ude00`, a surrogate without its other half: send both, or leave it out.",
        ),
        (b'{"query": "{ viewer { user { id } } }", "a": "\xed\xa0\x80"}', "The request is not valid JSON in UTF-8."),
        ({"query": VIEWER, "operationName": 5}, "`operationName` must be a string."),
        ({"query": VIEWER, "extensions": "x"}, "`extensions` must be an object."),
    ],
)
async def test_an_envelope_that_is_none(api: Api, body: Any, message: str) -> None:
    response = await post(api, body)
    assert response.status_code == 400
    assert error_of(response) == {"message": message, "extensions": {"code": "BAD_REQUEST"}}


@pytest.mark.parametrize("given", [{"variables": None}, {"operationName": None}, {"operationName": ""}, {"id": "x"}])
async def test_what_an_envelope_may_leave_open(api: Api, given: dict[str, Any]) -> None:
    assert (await post(api, {"query": VIEWER, **given})).json() == NOBODY


async def test_the_largest_body_and_one_byte_more(api: Api) -> None:
    body = json.dumps({"query": VIEWER}).encode()
    full = body + b" " * (api.settings.max_body - len(body))

    assert (await post(api, full)).json() == NOBODY
    refused = await post(api, full + b" ")

    assert refused.status_code == 413
    assert error_of(refused)["message"] == f"The body is larger than {api.settings.max_body} bytes."


@pytest.mark.parametrize(
    "media_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp"],
)
async def test_a_form_of_another_site_is_not_read(api: Api, media_type: str) -> None:
    """Browsers send these across sites without asking first."""
    body = json.dumps({"query": VIEWER}).encode()
    response = await api.http.post(GRAPHQL, content=body, headers={"content-type": media_type} if media_type else {})
    assert response.status_code == 415
    assert error_of(response)["extensions"] == {"code": "BAD_REQUEST"}


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "APPLICATION/JSON"])
async def test_json_by_any_spelling_is_read(api: Api, media_type: str) -> None:
    assert (await post(api, {"query": VIEWER}, **{"content-type": media_type})).json() == NOBODY


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_another_method_is_refused(api: Api, method: str) -> None:
    response = await api.http.request(method, GRAPHQL, json={"query": VIEWER})
    assert response.status_code == 405
    assert "POST" in response.headers["allow"]


@pytest.mark.parametrize("text", ["", "?query=", f"?query={quote(VIEWER)}&variables=x", "?variables=%7B%7D"])
async def test_a_get_without_a_query(api: Api, text: str) -> None:
    response = await api.http.get(GRAPHQL + text)
    assert response.status_code == 400
    assert error_of(response)["extensions"] == {"code": "BAD_REQUEST"}


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Basic dTpw", "token", "Bearer \xe4", f"Bearer {'x' * 9000}"],
)
async def test_a_bad_token_is_refused_before_anything_is_run(api: Api, header: str) -> None:
    response = await api.http.post(
        GRAPHQL, json={"query": VIEWER}, headers=[(b"authorization", header.encode("latin-1"))]
    )
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="trellis", error="invalid_token"'
    assert error_of(response)["extensions"] == {"code": "UNAUTHENTICATED"}


async def test_two_tokens_are_no_token(api: Api) -> None:
    one = ("authorization", api.headers("somebody@example.com")["Authorization"])
    response = await api.http.post(GRAPHQL, json={"query": VIEWER}, headers=[one, one])
    assert response.status_code == 401


async def test_introspection_answers_without_a_token(api: Api) -> None:
    body = await api.ask(get_introspection_query(), who=None)
    assert "errors" not in body
    assert {"Query", "Organization", "Task"} <= {kind["name"] for kind in body["data"]["__schema"]["types"]}
    assert api.statements == []


@pytest.mark.parametrize("field", [field for field in roots() if field not in ("viewer", "rateLimit")])
async def test_every_other_field_wants_a_token(api: Api, field: str) -> None:
    error = await api.error(roots()[field], who=None)
    assert (error["message"], error["path"]) == (NOT_SIGNED_IN, [field])
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}
    assert api.statements == []


async def test_a_mutation_by_get_is_refused(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """A link on another site must not be able to write."""
    tenant = await make_tenant(superuser)
    document = f'mutation {{ deleteTask(id: "{tenant.tasks[0]}") {{ deletedIds }} }}'

    response = await api.http.get(GRAPHQL, params={"query": document}, headers=api.headers(tenant.owner))

    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert error_of(response)["message"] == "Only queries may be sent by GET: send this operation by POST."
    assert await superuser.fetchval("SELECT deleted_at FROM tasks WHERE id = $1", tenant.tasks[0]) is None


async def test_nobody_has_no_organizations(api: Api) -> None:
    body = await api.ask("{ viewer { user { id } organizations { nodes { id } } } }", who=None)
    [error] = body["errors"]
    assert (error["message"], error["path"]) == (NOT_SIGNED_IN, ["viewer", "organizations"])
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}


async def test_a_byte_order_mark_before_json_is_passed_over(api: Api) -> None:
    response = await post(api, b"\xef\xbb\xbf" + json.dumps({"query": VIEWER}).encode())
    assert (response.status_code, response.json()) == (200, NOBODY)


async def test_both_halves_of_a_character_are_one(api: Api) -> None:
    body = b'{"query": "query ($a: String!) { __type(name: $a) { name } }", "variables": {"a": "\\ud83d\\ude00"}}'
    assert (await post(api, body)).json() == {"data": {"__type": None}}


async def test_a_slash_behind_the_path_leads_nowhere_else(api: Api) -> None:
    """A redirect would be to http:// behind a proxy that speaks https."""
    answers = [
        await api.http.post(f"{GRAPHQL}/", json={"query": VIEWER}),
        await api.http.get(f"{GRAPHQL}/", params={"query": VIEWER}),
    ]
    assert [(one.status_code, one.json()) for one in answers] == [(200, NOBODY)] * 2
    other = [(await api.http.get(path)).status_code for path in ("/healthz/", "/readyz/", "/graphql/nothing/")]
    assert other == [404, 404, 404]


async def test_the_schema_says_what_it_is_of(api: Api) -> None:
    """What GraphiQL shows first."""
    described = (await post(api, {"query": "{ __schema { description } }"})).json()["data"]["__schema"]["description"]
    assert described.splitlines()[0] == (
        "Organizations, their teams, members, tasks and documents; search, trash and the log of what happened."
    )
