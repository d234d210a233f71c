"""Clients that hang up in the middle: what they asked for is cancelled and undone, and nothing of it is left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import asyncpg
import httpx
import orjson
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from app.auth.tokens import sign
from app.config import Settings
from app.main import create_app
from tests.api import GRAPHQL, SECRET
from tests.conftest import Database
from tests.factories import Tenant, make_tenant
from tests.locks import held_by_requests, tasks_locked, until_no_request_runs, whoever_waits
from tests.sockets import listening
from tests.unchanged import unchanged
from tests.unforeseen import nothing_unforeseen

QUERY = "query ($id: ID!) { team(id: $id) { name tasks { nodes { title } } } }"
MUTATION = """mutation ($id: ID!) {
    updateTeam(id: $id, input: {name: "Late"}) { team { name tasks { nodes { title } } } }
}"""
DELETION = "mutation ($id: ID!) { deleteTeam(id: $id) { deletedIds } }"
PATIENT = {"request_timeout": 60, "statement_timeout": 60, "lock_timeout": 60}


@asynccontextmanager
async def serving_sockets(database: Database, **chosen: Any) -> AsyncIterator[tuple[Starlette, int]]:
    """The application, which waits long for locks where nothing else is chosen, and its port."""
    settings = Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET), **(chosen or PATIENT))
    app = create_app(settings)
    async with nothing_unforeseen(), listening(app) as port:
        yield app, port


def over_the_wire(tenant: Tenant, document: str, *, method: str = "POST") -> bytes:
    """A request for the tenant's first team, as its owner sends it."""
    settings = Settings(jwt_secret=SecretStr(SECRET))
    token = sign(settings, subject=tenant.owner, email=tenant.owner, name=None, ttl=timedelta(minutes=1))
    variables = {"id": str(tenant.teams[0])}
    body = orjson.dumps({"query": document, "variables": variables}) if method == "POST" else b""
    asked = "" if body else f"?{urlencode({'query': document, 'variables': orjson.dumps(variables).decode()})}"
    head = (
        f"{method} {GRAPHQL}{asked} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@pytest.mark.parametrize(("method", "document"), [("POST", QUERY), ("GET", QUERY), ("POST", MUTATION)])
async def test_what_a_client_has_left_is_cancelled_and_undone(
    database: Database, superuser: "asyncpg.Connection[Any]", method: str, document: str
) -> None:
    tenant = await make_tenant(superuser)
    async with serving_sockets(database) as (app, port), unchanged(superuser, tenant), tasks_locked(superuser):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(over_the_wire(tenant, document, method=method))
        await whoever_waits(superuser)
        writer.transport.abort()
        await until_no_request_runs(app.state.database, superuser)  # though the tasks are locked still


async def test_a_deletion_that_takes_longer_than_a_request_may_is_cancelled_too(
    database: Database, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    async with serving_sockets(database, request_timeout=0.3) as (app, port), unchanged(superuser, tenant):
        for _ in range(2):  # and its turn is given back
            async with tasks_locked(superuser):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(over_the_wire(tenant, DELETION))
                await whoever_waits(superuser)
                await asyncio.sleep(0.6)
                assert held_by_requests(app.state.database) == 1
                writer.transport.abort()
                await until_no_request_runs(app.state.database, superuser)


async def test_many_who_hang_up_hold_nobody_up(database: Database, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    async with serving_sockets(database) as (app, port):
        async with tasks_locked(superuser):
            writers = [(await asyncio.open_connection("127.0.0.1", port))[1] for _ in range(10)]
            for writer in writers:
                writer.write(over_the_wire(tenant, QUERY))
            await whoever_waits(superuser, amount=5)  # as many connections as one caller gets
            for writer in writers:
                writer.transport.abort()
            await until_no_request_runs(app.state.database, superuser)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(over_the_wire(tenant, QUERY))
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
        writer.close()


async def test_who_hangs_up_while_every_connection_is_busy_waits_for_none(
    database: Database, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    async with serving_sockets(database, pool_size=1, pool_timeout=60, **PATIENT) as (app, port):
        reader, first = await asyncio.open_connection("127.0.0.1", port)
        first.write(over_the_wire(tenant, "{ viewer { user { id } } }"))
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
        async with tasks_locked(superuser):
            first.write(over_the_wire(tenant, QUERY))
            await whoever_waits(superuser)
            _, second = await asyncio.open_connection("127.0.0.1", port)
            second.write(over_the_wire(tenant, QUERY))
            async with asyncio.timeout(10):
                await until_in_line(app, 1)
                second.transport.abort()
                await until_in_line(app, 0)
        first.close()


async def until_in_line(app: Starlette, amount: int) -> None:
    while (  # noqa: ASYNC110  # the pool has no event for it
        app.state.database.admission.waiting != amount
    ):
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("seconds", [0.0, 0.3])
async def test_who_stays_is_answered(database: Database, superuser: "asyncpg.Connection[Any]", seconds: float) -> None:
    """Before anybody looks after the client, and after."""
    tenant = await make_tenant(superuser)
    async with serving_sockets(database) as (_, port), httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        token = sign(
            Settings(jwt_secret=SecretStr(SECRET)),
            subject=tenant.owner,
            email=None,
            name=None,
            ttl=timedelta(minutes=1),
        )
        body = {"query": MUTATION, "variables": {"id": str(tenant.teams[0])}}
        async with tasks_locked(superuser):
            answer = asyncio.create_task(http.post(GRAPHQL, json=body, headers={"authorization": f"Bearer {token}"}))
            await whoever_waits(superuser)
            await asyncio.sleep(seconds)

        assert (await answer).json()["data"]["updateTeam"]["team"] == {
            "name": "Late",
            "tasks": {"nodes": [{"title": "Task 1"}]},
        }
        assert await superuser.fetchval("SELECT name FROM teams WHERE id = $1", tenant.teams[0]) == "Late"
