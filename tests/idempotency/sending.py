"""Mutations with an Idempotency-Key, as a client sends them."""

from typing import Any

import httpx

from tests.api import GRAPHQL, Api

CREATE = """mutation ($team: ID!, $title: String! = "New") { createTask(input: {teamId: $team, title: $title}) {
    task { id key version } userErrors { code path } } }"""
KEYS = "SELECT key FROM idempotency_keys WHERE actor_id = $1"
TASKS = "SELECT count(*) FROM tasks WHERE organization_id = $1"


async def send(
    api: Api, who: str, document: str = CREATE, *, key: str | None = "key", name: str | None = None, **variables: Any
) -> httpx.Response:
    headers = api.headers(who) | ({} if key is None else {"idempotency-key": key})
    body = {"query": document, "variables": variables, "operationName": name}
    return await api.http.post(GRAPHQL, json=body, headers=headers)


def error_of(response: httpx.Response) -> dict[str, Any]:
    [error] = response.json()["errors"]
    found: dict[str, Any] = error
    return found
