"""What is nested too deeply, or cannot be said in JSON or GraphQL at all, ends as a refusal and never in a crash."""

from typing import Any

import asyncpg
import pytest

from tests.api import GRAPHQL, Api
from tests.factories import make_tenant

DEPTHS = {"Variable values are nested too deeply.", "The request is not valid JSON in UTF-8."}


@pytest.mark.parametrize("depth", [300, 900, 1100, 30_000])
async def test_variables_nested_too_deeply(api: Api, superuser: "asyncpg.Connection[Any]", depth: int) -> None:
    tenant = await make_tenant(superuser)
    document = (
        f'query ($f: TaskFilter) {{ team(id: \\"{tenant.teams[0]}\\") {{ tasks(filter: $f) {{ totalCount }} }} }}'
    )
    value = '{"not":' * depth + "{}" + "}" * depth

    response = await api.http.post(
        GRAPHQL,
        content=f'{{"query": "{document}", "variables": {{"f": {value}}}}}',
        headers=api.headers(tenant.owner) | {"Content-Type": "application/json"},
    )

    assert response.status_code < 500
    [error] = response.json()["errors"]
    assert error["extensions"]["code"] in {"BAD_USER_INPUT", "BAD_REQUEST"}
    assert error["message"] in DEPTHS


@pytest.mark.parametrize(
    "document",
    [
        "{ viewer " * 480,
        "{ viewer " * 480 + "{ user { id } }" + "}" * 480,
        "query ($v: " + "[" * 480 + "ID" + "]" * 480 + ") { viewer { user { id } } }",
        "{ organizations(first: " + "[" * 480 + "]" * 480 + ") { totalCount } }",
    ],
)
async def test_documents_nested_too_deeply(api: Api, superuser: "asyncpg.Connection[Any]", document: str) -> None:
    tenant = await make_tenant(superuser)
    error = await api.error(document, who=tenant.owner)
    assert error["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"
    assert error["message"] == "Syntax Error: Document is nested too deeply. Parsing aborted."


async def test_a_chain_of_fragments_nested_too_deeply(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    links = "".join(
        f"fragment F{place} on Organization {{ teams {{ nodes {{ organization {{ ...F{place + 1} }} }} }} }} "
        for place in range(40)
    )
    error = await api.error(
        "{ organizations { nodes { ...F0 } } } " + links + "fragment F40 on Organization { id }", who=tenant.owner
    )
    assert error["extensions"] == {
        "code": "LIMIT_EXCEEDED",
        "limit": "max_depth",
        "allowed": 10,
        "found": 1 + 2 * 40,
    }


@pytest.mark.parametrize("text", [r'"\uD800"', r'"\u{D800}"', r'"\uDC00\uD800"'])
async def test_a_lone_surrogate_in_a_document(api: Api, superuser: "asyncpg.Connection[Any]", text: str) -> None:
    tenant = await make_tenant(superuser)
    error = await api.error(f"{{ organization(by: {{slug: {text}}}) {{ id }} }}", who=tenant.owner)
    assert error["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"
    assert "Invalid Unicode escape sequence" in error["message"]


@pytest.mark.parametrize("value", ['"\x00"', "1e400", "NaN", "-Infinity", '"\xff"', "1" + "0" * 400])
async def test_variables_that_json_cannot_say(api: Api, superuser: "asyncpg.Connection[Any]", value: str) -> None:
    tenant = await make_tenant(superuser)
    response = await api.http.post(
        GRAPHQL,
        content=f'{{"query": "{{ viewer {{ user {{ id }} }} }}", "variables": {{"v": {value}}}}}'.encode("latin-1"),
        headers=api.headers(tenant.owner) | {"Content-Type": "application/json"},
    )
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert error == {"message": "The request is not valid JSON in UTF-8.", "extensions": {"code": "BAD_REQUEST"}}
