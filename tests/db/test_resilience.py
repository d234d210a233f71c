"""Losing connections, whole servers and clients: one clear error for whoever was in the middle, none for the next."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, TypeAlias

import asyncpg
import httpx
import orjson
import pytest
from asyncpg.connection import LoggedQuery
from pydantic import SecretStr

from app.auth.tokens import sign
from app.config import Settings
from app.db.identity import IDENTIFY
from app.http.readiness import LIFETIME
from app.main import create_app
from app.postgres.server import Postgres
from tests.api import GRAPHQL, SECRET, Api, serving
from tests.factories import Tenant, make_tenant
from tests.locks import held_by_requests, tasks_locked, whoever_waits
from tests.sockets import listening

Superuser: TypeAlias = "asyncpg.Connection[Any]"
QUERY = "query ($slug: String!) { organization(by: {slug: $slug}) { tasks { nodes { title } } } }"
ANSWER = {"organization": {"tasks": {"nodes": [{"title": "Task 1"}]}}}
LOOKED = "SELECT max(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%alembic_version'"
IN_TRANSACTION = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND xact_start IS NOT NULL"


def settings(url: str, **others: Any) -> Settings:
    return Settings(database_url=url, jwt_secret=SecretStr(SECRET), **others)


def assert_unavailable(response: httpx.Response) -> None:
    errors = response.json()["errors"]
    assert [error["extensions"] for error in errors] == [{"code": "SERVICE_UNAVAILABLE"}]


async def until_ready(api: Api) -> None:
    """Whoever asks hears for a moment what was found before."""
    async with asyncio.timeout(2 * LIFETIME):
        while (await api.http.get("/readyz")).status_code != 200:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.05)


async def until_nothing_is_held(api: Api) -> None:
    """What was read is ended a moment after its answer, and in somebody's hands until then."""
    async with asyncio.timeout(10):
        while held_by_requests(api.database):  # noqa: ASYNC110  # the pool tells nobody
            await asyncio.sleep(0.01)


async def test_a_connection_that_was_ended_while_idle_is_replaced(database: Any, superuser: Superuser) -> None:
    tenant = await make_tenant(superuser)
    async with serving(settings(database.runtime_url)) as api:
        await api.data(QUERY, who=tenant.owner, slug=tenant.slug)
        connection = await api.database.acquire()
        process = connection.get_server_pid()
        api.database.release(connection)
        await superuser.execute("SELECT pg_terminate_backend($1, 5000)", process)

        assert await api.data(QUERY, who=tenant.owner, slug=tenant.slug) == ANSWER
        await until_nothing_is_held(api)


async def test_a_connection_that_is_lost_while_roles_are_read_is_one_error(database: Any, superuser: Superuser) -> None:
    tenant = await make_tenant(superuser)
    async with serving(settings(database.runtime_url)) as api:
        await api.data(QUERY, who=tenant.owner, slug=tenant.slug)
        await superuser.execute("UPDATE organization_members SET role = 'ADMIN' WHERE id = $1", tenant.members[0])
        connection = await api.database.acquire()

        def lose(query: LoggedQuery) -> None:
            if query.query == IDENTIFY.text:
                connection.terminate()

        connection.add_query_logger(lose)
        api.database.release(connection)

        response = await api.send(QUERY, who=tenant.owner, slug=tenant.slug)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
        assert_unavailable(response)
        assert await api.data(QUERY, who=tenant.owner, slug=tenant.slug) == ANSWER


async def test_a_connection_that_ends_in_the_middle_is_one_error(database: Any, superuser: Superuser) -> None:
    tenant = await make_tenant(superuser)
    async with serving(settings(database.runtime_url)) as api:
        async with tasks_locked(superuser):
            answer = asyncio.create_task(api.send(QUERY, who=tenant.owner, slug=tenant.slug))
            await superuser.execute("SELECT pg_terminate_backend($1, 5000)", await whoever_waits(superuser))
            assert_unavailable(await answer)

        assert await api.data(QUERY, who=tenant.owner, slug=tenant.slug) == ANSWER
        await until_nothing_is_held(api)


async def test_fields_after_one_that_took_too_long_are_told_the_same(database: Any, superuser: Superuser) -> None:
    """PostgreSQL reads nothing more for a query; of a mutation each field is by itself."""
    tenant = await make_tenant(superuser)
    query = """query ($slug: String!) {
        slow: organization(by: {slug: $slug}) { tasks { nodes { title } } }
        quick: organization(by: {slug: $slug}) { teams { nodes { name } } }
    }"""
    mutation = """mutation ($team: ID!) {
        slow: createTask(input: {teamId: $team, title: "A"}) { task { id } }
        quick: updateTeam(id: $team, input: {name: "B"}) { team { name } }
    }"""
    async with serving(settings(database.runtime_url, lock_timeout=0.2)) as api, tasks_locked(superuser):
        read = await api.ask(query, who=tenant.owner, slug=tenant.slug)
        written = await api.ask(mutation, who=tenant.owner, team=str(tenant.teams[0]))

    told = [(error["path"], error["extensions"]) for error in read["errors"]]
    assert told == [
        (["slow", "tasks", "nodes"], {"code": "TIMEOUT"}),
        (["quick", "teams", "nodes"], {"code": "TIMEOUT"}),
    ]
    assert [(error["path"], error["extensions"]) for error in written["errors"]] == [(["slow"], {"code": "TIMEOUT"})]
    assert written["data"]["quick"] == {"team": {"name": "B"}}


@pytest.mark.parametrize("limit", ["statement_timeout", "lock_timeout"])
@pytest.mark.parametrize("known", [True, False], ids=["known", "new"])
async def test_a_request_that_cannot_begin_in_time_is_told_to_come_back(
    database: Any, superuser: Superuser, limit: str, *, known: bool
) -> None:
    """As while a migration has the table of members."""
    tenant = await make_tenant(superuser)
    async with serving(settings(database.runtime_url, **{limit: 0.2})) as api:
        if known:
            await api.data(QUERY, who=tenant.owner, slug=tenant.slug)
        began = asyncio.get_running_loop().time()
        async with superuser.transaction():
            await superuser.execute("LOCK TABLE organization_members")
            response = await api.send(QUERY, who=tenant.owner, slug=tenant.slug)
        took = asyncio.get_running_loop().time() - began
        (error,) = response.json()["errors"]

        assert (response.status_code, error["extensions"]["code"]) == (503, "TIMEOUT")
        assert took < 2  # and not after further attempts
        assert await api.data(QUERY, who=tenant.owner, slug=tenant.slug) == ANSWER


@pytest.mark.parametrize("limit", ["statement_timeout", "lock_timeout"])
async def test_a_statement_that_takes_too_long_is_a_timeout(database: Any, superuser: Superuser, limit: str) -> None:
    tenant = await make_tenant(superuser)
    async with serving(settings(database.runtime_url, **{limit: 0.2})) as api:
        async with tasks_locked(superuser):
            error = await api.error(QUERY, who=tenant.owner, slug=tenant.slug)
            assert (error["extensions"], error["path"]) == ({"code": "TIMEOUT"}, ["organization", "tasks", "nodes"])

        assert await api.data(QUERY, who=tenant.owner, slug=tenant.slug) == ANSWER
        await until_nothing_is_held(api)


async def test_a_server_whose_database_hangs_is_not_ready(database: Any, superuser: Superuser) -> None:
    async with serving(settings(database.runtime_url, pool_timeout=0.5)) as api:
        assert (await api.http.get("/readyz")).status_code == 200
        process = await superuser.fetchval(LOOKED)
        await asyncio.sleep(LIFETIME)
        os.kill(process, signal.SIGSTOP)
        try:
            async with asyncio.timeout(10):
                hanging = await api.http.get("/readyz")
        finally:
            os.kill(process, signal.SIGCONT)

        assert (hanging.status_code, hanging.text) == (503, "The database does not answer: try again in a moment.\n")
        await until_ready(api)


async def test_a_server_whose_database_has_no_tables_is_not_ready(new_database: Any) -> None:
    made = await new_database(migrated=False)
    async with serving(settings(made.runtime_url)) as api:
        ready = await api.http.get("/readyz")

    assert ready.status_code == 503
    assert ready.text == "The database lacks Trellis's tables: run `trellis migrate`.\n"


async def test_operations_beyond_the_pool_are_told_to_come_back(database: Any, superuser: Superuser) -> None:
    tenant = await make_tenant(superuser)
    async with serving(settings(database.runtime_url, pool_size=1)) as api:
        await api.data(QUERY, who=tenant.owner, slug=tenant.slug)
        busy = await api.database.acquire()
        async with asyncio.timeout(2.5):
            refused = await asyncio.gather(*(api.send(QUERY, who=tenant.owner, slug=tenant.slug) for _ in range(20)))
        api.database.release(busy)

        assert {(one.status_code, one.headers["Retry-After"]) for one in refused} == {(503, "1")}
        for one in refused:
            assert_unavailable(one)
        assert await api.data(QUERY, who=tenant.owner, slug=tenant.slug) == ANSWER
        await until_nothing_is_held(api)


async def test_a_client_that_goes_away_leaves_no_transaction(database: Any, superuser: Superuser) -> None:
    tenant = await make_tenant(superuser)
    app = create_app(settings(database.runtime_url))
    async with listening(app) as port:
        async with tasks_locked(superuser):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request(tenant))
            process = await whoever_waits(superuser)
            writer.transport.abort()
        pool = app.state.database
        async with asyncio.timeout(10):
            while held_by_requests(pool) or await superuser.fetchval(IN_TRANSACTION, process):
                await asyncio.sleep(0.01)
                await superuser.execute("SELECT pg_stat_clear_snapshot()")


def request(tenant: Tenant) -> bytes:
    """QUERY as it goes over the wire."""
    token = sign(settings(""), subject=tenant.owner, email=tenant.owner, name=None, ttl=timedelta(minutes=1))
    body = orjson.dumps({"query": QUERY, "variables": {"slug": tenant.slug}})
    head = (
        f"POST {GRAPHQL} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@asynccontextmanager
async def over(server: Postgres) -> AsyncIterator[tuple[Api, Superuser, Tenant]]:
    """The application over a server of its own, a superuser's connection to that, and a tenant that it knows."""
    superuser = await asyncpg.connect(server.addresses.superuser_url)
    try:
        tenant = await make_tenant(superuser)
        async with serving(settings(server.addresses.runtime_url)) as api:
            await api.data(QUERY, who=tenant.owner, slug=tenant.slug)
            # Or a crash forgets the tenant, or whose their first sign-in was: the tests' PostgreSQL is not durable.
            await superuser.execute("CHECKPOINT")
            yield api, superuser, tenant
    finally:
        superuser.terminate()


async def until_answered(api: Api, tenant: Tenant) -> None:
    """Asks until the server is back; whatever comes before is said to be unavailable."""
    async with asyncio.timeout(20):
        while "errors" in (response := await api.send(QUERY, who=tenant.owner, slug=tenant.slug)).json():
            assert_unavailable(response)
    assert response.json()["data"] == ANSWER


async def test_a_killed_backend_is_one_error_for_each_of_its_operations(own_server: Postgres) -> None:
    async with over(own_server) as (api, superuser, tenant):
        async with tasks_locked(superuser):
            answers = [asyncio.create_task(api.send(QUERY, who=tenant.owner, slug=tenant.slug)) for _ in range(5)]
            # PostgreSQL takes the death of one for damage to what they share, ends all and recovers.
            os.kill(await whoever_waits(superuser, amount=5), signal.SIGKILL)
            async with asyncio.timeout(5):
                for answer in await asyncio.gather(*answers):
                    assert_unavailable(answer)

        await until_answered(api, tenant)
        await until_nothing_is_held(api)


async def test_a_backend_killed_while_idle_is_not_noticed_for_long(own_server: Postgres) -> None:
    async with over(own_server) as (api, _, tenant):
        connections = [await api.database.acquire() for _ in range(5)]
        process = connections[0].get_server_pid()
        for connection in connections:
            api.database.release(connection)
        os.kill(process, signal.SIGKILL)

        await until_answered(api, tenant)
        await until_nothing_is_held(api)


async def test_a_restart_of_postgresql_is_survived(own_server: Postgres) -> None:
    async with over(own_server) as (api, _, tenant):
        await asyncio.to_thread(own_server.stop)
        async with asyncio.timeout(2.5):
            ready, *refused = await asyncio.gather(
                api.http.get("/readyz"),
                *(api.send(QUERY, who=tenant.owner, slug=tenant.slug) for _ in range(20)),
            )
        await asyncio.to_thread(own_server.start)

        assert {one.status_code for one in (*refused, ready)} == {503}
        for one in refused:
            assert_unavailable(one)
        assert await api.data(QUERY, who=tenant.owner, slug=tenant.slug) == ANSWER
        await until_ready(api)
        await until_nothing_is_held(api)


async def test_the_server_may_start_before_postgresql(own_server: Postgres) -> None:
    async with over(own_server) as (_, _, tenant):
        await asyncio.to_thread(own_server.stop)
        async with serving(settings(own_server.addresses.runtime_url)) as api:
            assert_unavailable(await api.send(QUERY, who=tenant.owner, slug=tenant.slug))
            await asyncio.to_thread(own_server.start)

            assert await api.data(QUERY, who=tenant.owner, slug=tenant.slug) == ANSWER
