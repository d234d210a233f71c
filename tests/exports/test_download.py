"""Fetching the file of an export: whoever has the link gets it, and everybody else hears one and the same word."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import httpx
import pytest
import structlog
from structlog.testing import capture_logs

from app.auth.secrets import EXPORT, INVITATION, hash_of, new_key
from app.db.columns import new_id
from tests.api import Api
from tests.conftest import Database
from tests.factories import Tenant, make_tenant
from tests.locks import held_by_requests
from tests.rates.test_points import limited

PIECES = (b"a" * 1024 * 1024, b"b" * 1024 * 1024, b"c" * 100)


class File(NamedTuple):
    """A finished export, with the secret that opens it."""

    tenant: Tenant
    id: UUID
    secret: str


@pytest.fixture
async def file(superuser: "asyncpg.Connection[Any]") -> File:
    tenant = await make_tenant(superuser)
    secret = new_key(tenant.exports[0], EXPORT)
    update = "UPDATE exports SET secret_hashes = ARRAY[$2::bytea], size = $3 WHERE id = $1"
    await superuser.execute(update, tenant.exports[0], hash_of(secret), sum(map(len, PIECES)))
    insert = "INSERT INTO export_chunks (organization_id, export_id, index, data) VALUES ($1, $2, $3, $4)"
    for place, piece in enumerate(PIECES):
        await superuser.execute(insert, tenant.id, tenant.exports[0], place, piece)
    return File(tenant, tenant.exports[0], secret)


async def get(api: Api, secret: str, method: str = "GET") -> httpx.Response:
    return await api.http.request(method, f"/exports/{secret}")


async def test_whoever_has_the_link_gets_the_file(api: Api, file: File) -> None:
    answer = await get(api, file.secret)

    assert (answer.status_code, answer.content) == (200, b"".join(PIECES))
    assert {name: answer.headers[name] for name in ("content-type", "content-length", "cache-control")} == {
        "content-type": "application/gzip",
        "content-length": "2097252",
        "cache-control": "no-store",
    }
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="{file.tenant.slug}-2')
    assert answer.headers["content-disposition"].endswith('.jsonl.gz"')
    assert (answer.headers["referrer-policy"], answer.headers["x-content-type-options"]) == ("no-referrer", "nosniff")


async def test_its_head_has_no_body(api: Api, file: File) -> None:
    answer = await get(api, file.secret, "HEAD")

    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "2097252")


CHANGES = {
    "expired": "UPDATE exports SET expires_at = now() WHERE id = $1",
    "failed": "UPDATE exports SET status = 'FAILED', size = NULL, error = 'a' WHERE id = $1",
    "written anew": (
        "UPDATE exports SET status = 'RUNNING', size = NULL, expires_at = NULL, due_at = now() + interval '1 day'"
        " WHERE id = $1"
    ),
    "removed": "DELETE FROM exports WHERE id = $1",
    "opened by another secret": "UPDATE exports SET secret_hashes = ARRAY[sha256('another')] WHERE id = $1",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_one_that_cannot_be_fetched_is_none(
    api: Api, file: File, superuser: "asyncpg.Connection[Any]", change: str
) -> None:
    nothing = await api.http.get("/nothing")
    await superuser.execute(change, file.id)

    answers = [await get(api, file.secret, method) for method in ("GET", "HEAD")]
    await superuser.execute("DELETE FROM exports WHERE id = $1", file.id)

    assert [(one.status_code, one.text) for one in answers] == [(404, nothing.text), (404, "")]


def told(answer: httpx.Response) -> tuple[Any, ...]:
    return answer.status_code, answer.content, answer.headers["content-type"], answer.headers.get("cache-control")


async def test_a_wrong_secret_is_told_from_no_address(api: Api, file: File) -> None:
    wrong = [
        *(file.secret[:-1] + ("0" if file.secret[-1] != "0" else "1"), file.secret.upper(), file.secret + "0"),
        *(new_key(new_id(), EXPORT), new_key(file.id, EXPORT), new_key(file.id, INVITATION), new_key(file.id)),
        *(str(file.id), "tre_", "a", "%00", "%F0%9F%92%A9", "..%2F..%2Fetc%2Fpasswd", "a" * 10_000),
    ]
    nothing = told(await api.http.get("/nothing"))

    assert nothing[:2] == (404, b"Not Found")
    assert [told(await get(api, secret)) for secret in wrong] == [nothing] * len(wrong)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_it_is_only_read(api: Api, file: File, method: str) -> None:
    assert (await get(api, file.secret, method)).status_code == 405
    assert (await get(api, "a", method)).status_code == 405


async def test_requests_are_counted_as_all_of_an_address(database: Database, file: File) -> None:
    async with limited(database, rate_limit_anonymous=3) as api:
        answers = [await get(api, secret) for secret in ("a", file.secret, "a", file.secret)]

    assert [one.status_code for one in answers] == [404, 200, 404, 429]
    assert answers[-1].text.startswith("The request takes 1 of the 3 points a minute, and 0 are left")
    assert [one.headers["ratelimit-remaining"] for one in answers] == ["2", "1", "0", "0"]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60


class Slow:
    """A client that takes a piece when it is told to."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.ready = asyncio.Semaphore(0)
        self.came = asyncio.Event()

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.body" and message.get("body"):
            self.taken.append(message["body"])
            self.came.set()
            await self.ready.acquire()

    async def receive(self) -> Any:
        await asyncio.sleep(3600)


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    """What the log says, which is silent in other tests."""
    silent = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    with capture_logs() as lines:
        yield lines
    structlog.configure(wrapper_class=silent)


@pytest.fixture
async def slow(api: Api, file: File) -> AsyncIterator[tuple[Slow, "asyncio.Task[None]"]]:
    """A download of which the first piece has been sent and not taken."""
    client = Slow()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "path": f"/exports/{file.secret}",
        "query_string": b"",
        "headers": [],
        "client": ("192.0.2.1", 1),
        "server": ("testserver", 80),
        "scheme": "http",
    }
    app = api.http._transport.app  # type: ignore[attr-defined]  # httpx hides it
    task = asyncio.create_task(app(scope, client.receive, client.send))
    async with asyncio.timeout(10):
        await client.came.wait()
    yield client, task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_slow_client_holds_no_connection(api: Api, slow: tuple[Slow, "asyncio.Task[None]"]) -> None:
    client, task = slow
    assert (client.taken, held_by_requests(api.database)) == ([PIECES[0]], 0)

    for _ in PIECES:
        client.ready.release()
    async with asyncio.timeout(10):
        await task

    assert client.taken == list(PIECES)


async def test_a_file_that_goes_meanwhile_is_cut_off(
    logged: list[Any], slow: tuple[Slow, "asyncio.Task[None]"], file: File, superuser: "asyncpg.Connection[Any]"
) -> None:
    """The client knows by the length that it has not got all."""
    client, task = slow
    await superuser.execute("UPDATE exports SET expires_at = now() WHERE id = $1", file.id)

    client.ready.release()
    await task

    assert client.taken == [PIECES[0]]
    assert [(line["event"], line.get("reason")) for line in logged] == [
        ("file of an export cut off", "it is gone"),
        ("request", None),
    ]


async def test_the_log_has_no_secret(logged: list[Any], api: Api, file: File) -> None:
    await get(api, file.secret)

    assert [(line["event"], line["status"]) for line in logged] == [("request", 200)]
    assert file.secret not in str(logged)


async def test_whoever_opens_one_sees_nothing_else(runtime: "asyncpg.Connection[Any]", file: File) -> None:
    """The database answers one piece, and the transaction is nobody's afterwards."""
    read = "SELECT * FROM trellis_read_export($1, $2, $3)"

    found = await runtime.fetch(read, file.id, hash_of(file.secret), 2)
    others = [await runtime.fetch(read, file.id, hash_of("another"), 0), await runtime.fetch(read, new_id(), b"", 0)]

    assert [(row["slug"], row["data"]) for row in found] == [(file.tenant.slug, PIECES[2])]
    assert others == [[], []]
    for table in ("exports", "export_chunks", "organizations"):
        assert await runtime.fetchval(f"SELECT count(*) FROM {table}") == 0
