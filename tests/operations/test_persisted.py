"""Documents by their names: Apollo's automatic persisted queries, GraphQL over HTTP's `documentId`, Relay's ids."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from hashlib import sha256
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import orjson
import pytest
from pydantic import SecretStr

from app.config import Settings
from app.operations.documents import LARGEST_CACHE
from app.operations.persisted import Accepted
from tests.api import GRAPHQL, SECRET, Api, serving
from tests.conftest import Database
from tests.factories import make_tenant

NEWER = "application/graphql-response+json"
MISS = {"errors": [{"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}]}
LISTED, UNLISTED = "query Listed { __typename }", "query Unlisted { __typename }"
TYPENAME = {"data": {"__typename": "Query"}}


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def apollo(text: str, *, version: Any = 1) -> dict[str, Any]:
    return {"persistedQuery": {"version": version, "sha256Hash": hashed(text)}}


Serving = Callable[[Accepted], AbstractAsyncContextManager[Api]]


@pytest.fixture
def accepting(database: Database, tmp_path: Path) -> Serving:
    """Serves what is accepted, with LISTED in a manifest under `listed`."""
    manifest = tmp_path / "relay.json"
    manifest.write_bytes(orjson.dumps({"listed": LISTED}))

    settings = Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET), manifests=[manifest])
    return lambda accepted: serving(settings.model_copy(update={"documents": accepted}))


async def post(api: Api, **body: Any) -> httpx.Response:
    return await api.http.post(GRAPHQL, json=body)


def code_of(response: httpx.Response) -> str:
    [error] = response.json()["errors"]
    code: str = error["extensions"]["code"]
    return code


@pytest.mark.parametrize("accept", ["application/json", NEWER])
async def test_a_document_is_asked_for_by_its_hash_once_its_text_has_come(api: Api, accept: str) -> None:
    text = f"{{ __typename }} # {accept}"
    headers = {"accept": accept}
    missed = await api.http.post(GRAPHQL, json={"extensions": apollo(text)}, headers=headers)
    taken = await api.http.post(GRAPHQL, json={"query": text, "extensions": apollo(text)}, headers=headers)
    found = await api.http.post(GRAPHQL, json={"extensions": apollo(text)}, headers=headers)

    assert (missed.status_code, missed.json()) == (200, MISS)
    assert missed.headers["cache-control"] == "no-store"
    assert (taken.status_code, taken.json()) == (found.status_code, found.json()) == (200, TYPENAME)


async def test_a_document_is_asked_for_by_get(api: Api) -> None:
    text = "query ByGet($id: ID!) { node(id: $id) { id } } query Other { __typename }"
    parameters = {"extensions": orjson.dumps(apollo(text)).decode(), "operationName": "Other"}

    missed = await api.http.get(GRAPHQL, params=parameters)
    taken = await api.http.get(GRAPHQL, params={**parameters, "query": text})
    found = await api.http.get(GRAPHQL, params=parameters)

    assert (missed.status_code, missed.json()) == (200, MISS)
    assert taken.json() == found.json() == TYPENAME


async def test_a_mutation_is_not_run_by_get_under_its_hash_either(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    text = f'mutation {{ deleteTask(id: "{tenant.tasks[0]}") {{ deletedIds }} }}'
    await post(api, query=text, extensions=apollo(text))  # nobody is signed in

    response = await api.http.get(
        GRAPHQL, params={"extensions": orjson.dumps(apollo(text)).decode()}, headers=api.headers(tenant.owner)
    )

    assert response.status_code == 405
    assert await superuser.fetchval("SELECT deleted_at FROM tasks WHERE id = $1", tenant.tasks[0]) is None


@pytest.mark.parametrize("accept", ["application/json", NEWER])
@pytest.mark.parametrize(
    ("extensions", "message"),
    [
        (apollo("{ other }"), "The hash is not the SHA-256 of `query`: hash the text as it is sent."),
        (apollo(LISTED, version=2), "Unsupported persisted query version: only 1 is known."),
        (apollo(LISTED, version=None), "Unsupported persisted query version: only 1 is known."),
        (
            {"persistedQuery": {"version": 1}},
            "`extensions.persistedQuery` must be an object with `version` and `sha256Hash`.",
        ),
        ({"persistedQuery": "x"}, "`extensions.persistedQuery` must be an object with `version` and `sha256Hash`."),
    ],
)
async def test_a_wrong_hash_or_version_is_400(api: Api, accept: str, extensions: Any, message: str) -> None:
    response = await api.http.post(
        GRAPHQL, json={"query": LISTED, "extensions": extensions}, headers={"accept": accept}
    )
    assert response.status_code == 400
    assert response.json() == {"errors": [{"message": message, "extensions": {"code": "BAD_REQUEST"}}]}
    assert (await post(api, extensions=apollo("{ other }"))).json() == MISS


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{ viewer", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{" + " a" * 1000 + "}", "LIMIT_EXCEEDED"),
    ],
)
async def test_what_cannot_be_run_is_not_registered(api: Api, text: str, code: str) -> None:
    for _ in range(3):
        assert code_of(await post(api, query=text, extensions=apollo(text))) == code
        assert (await post(api, extensions=apollo(text))).json() == MISS


async def test_what_is_registered_is_bounded(api: Api) -> None:
    first = "{ __typename } # first"
    await post(api, query=first, extensions=apollo(first))
    others = [f"{{ __typename }} # {number}".ljust(15_000) for number in range(LARGEST_CACHE // 15_000 + 1)]
    for text in others:
        await post(api, query=text, extensions=apollo(text))

    assert (await post(api, extensions=apollo(first))).json() == MISS
    assert (await post(api, extensions=apollo(others[-1]))).json() == TYPENAME


@pytest.mark.parametrize("field", ["documentId", "id", "doc_id"])
async def test_other_clients_call_it_otherwise(api: Api, field: str) -> None:
    text = f"{{ __typename }} # {field}"
    assert (await post(api, query=None, **{field: f"sha256:{hashed(text)}"})).json() == MISS
    assert (await post(api, query=text, documentId=f"sha256:{hashed(text)}")).json() == TYPENAME
    assert (await post(api, query=None, **{field: f"sha256:{hashed(text)}"})).json() == TYPENAME
    assert (await api.http.get(GRAPHQL, params={field: hashed(text)})).json() == TYPENAME


@pytest.mark.parametrize("found", [{"documentId": 5}, {"documentId": ""}, {"id": ["x"]}, {"query": 5, "id": "x"}])
async def test_a_name_that_is_none(api: Api, found: dict[str, Any]) -> None:
    response = await post(api, **found)
    assert response.status_code == 400
    assert code_of(response) == "BAD_REQUEST"


async def test_a_retry_may_leave_out_the_text(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    text = 'mutation ($team: ID!) { createTask(input: {teamId: $team, title: "Once"}) { task { id } } }'
    body = {"variables": {"team": str(tenant.teams[0])}, "extensions": apollo(text)}
    headers = api.headers(tenant.owner) | {"idempotency-key": "once"}

    first = await api.http.post(GRAPHQL, json={**body, "query": text}, headers=headers)
    again = await api.http.post(GRAPHQL, json=body, headers=headers)

    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize(
    ("accepted", "codes"),
    [
        ("any", [None, None, None, None, None]),
        ("persisted", [None, "PERSISTED_QUERY_ID_REQUIRED", "PERSISTED_QUERY_ID_REQUIRED", None, None]),
        ("trusted", [None, None, "QUERY_NOT_IN_SAFELIST", "QUERY_NOT_IN_SAFELIST", "PERSISTED_QUERY_NOT_IN_LIST"]),
    ],
)
async def test_what_each_mode_accepts(accepting: Serving, accepted: Accepted, codes: list[str | None]) -> None:
    bodies: list[dict[str, Any]] = [
        {"documentId": "listed"},
        {"query": LISTED},
        {"query": UNLISTED},
        {"query": UNLISTED, "extensions": apollo(UNLISTED)},
        {"extensions": apollo(UNLISTED)},
    ]
    async with accepting(accepted) as api:
        responses = [await api.http.post(GRAPHQL, json=body, headers={"accept": NEWER}) for body in bodies]

    assert [None if one.status_code == 200 else code_of(one) for one in responses] == codes
    assert {one.status_code for one in responses} <= {200, 400}
    assert all(one.json() == TYPENAME for one in responses if one.status_code == 200)


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ("any", "PERSISTED_QUERY_NOT_FOUND"),
        ("persisted", "PERSISTED_QUERY_NOT_FOUND"),
        ("trusted", "PERSISTED_QUERY_NOT_IN_LIST"),
    ],
)
async def test_an_unknown_name_is_a_miss_only_where_its_text_may_follow(
    accepting: Serving, accepted: Accepted, code: str
) -> None:
    async with accepting(accepted) as api:
        assert code_of(await post(api, documentId="unknown")) == code
