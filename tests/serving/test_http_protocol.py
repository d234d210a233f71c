"""What a client may keep the server waiting for, byte by byte: as much as anybody needs, and not without end."""

import asyncio
import socket
from contextlib import suppress

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.serving import http_protocol
from app.serving.http_protocol import LARGEST_HEAD, MOST_HEADERS, TOO_LARGE
from tests.hostile.wire import Exchange, exchange
from tests.sockets import listening

LINE = b"POST / HTTP/1.1\r\nHost: testserver\r\nConnection: close\r\n"  # with two headers
LARGE = 30_000_000  # bytes, more than the buffers of the system take


async def length(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def large(_request: Request) -> Response:
    return Response(bytes(LARGE))


APP = Starlette(routes=[Route("/", length, methods=["POST"]), Route("/large", large)])


async def answer(head: bytes, body: bytes = b"") -> Exchange:
    async with listening(APP) as port:
        return await exchange(port, LINE + head + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)


@pytest.mark.parametrize(("headers", "status"), [(MOST_HEADERS, 200), (MOST_HEADERS + 1, 400)])
async def test_the_most_headers_and_one_more(headers: int, status: int) -> None:
    answered = await answer(b"X: y\r\n" * (headers - 3))
    assert answered.status == status
    assert answered.body.decode() == ("0" if status == 200 else TOO_LARGE)


async def test_a_long_body_right_behind_a_head_is_taken() -> None:
    assert (await answer(b"", b"x" * 300_000)).body == b"300000"


ONE_HEADER = [b"x" * 6_000] * (LARGEST_HEAD // 6_000 + 1)  # or the address
MANY_HEADERS = [b"X: y\r\n" * MOST_HEADERS]


@pytest.mark.parametrize(
    ("begin", "parts"), [(LINE + b"X: ", ONE_HEADER), (LINE, MANY_HEADERS), (b"GET /", ONE_HEADER)]
)
async def test_a_head_without_end_is_cut_off(begin: bytes, parts: list[bytes]) -> None:
    assert TOO_LARGE.encode() in await heard(begin, *parts)


@pytest.mark.parametrize("parts", [ONE_HEADER, MANY_HEADERS])
async def test_headers_behind_a_body_have_an_end_too(parts: list[bytes]) -> None:
    assert TOO_LARGE.encode() in await heard(LINE + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", *parts)


@pytest.mark.parametrize("parts", [ONE_HEADER, MANY_HEADERS])
async def test_and_no_second_answer_is_mixed_into_the_first(parts: list[bytes]) -> None:
    begin = b"POST /nowhere HTTP/1.1\r\nHost: testserver\r\nTransfer-Encoding: chunked\r\n\r\n"  # answered unread
    answered = await heard(begin, b"0\r\n", *parts)
    assert answered.count(b"HTTP/1.1") == answered.count(b"HTTP/1.1 404")


async def heard(*parts: bytes) -> bytes:
    """What comes back for a request that never ends."""
    async with listening(APP) as port, asyncio.timeout(5):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answered = b""
        with suppress(ConnectionError):
            for part in parts:
                writer.write(part)
                await asyncio.sleep(0.01)
            answered = await reader.read()
        writer.close()
        return answered


async def test_a_body_of_many_small_chunks_is_taken() -> None:
    async with listening(APP) as port:
        body = b"1\r\nx\r\n" * 30_000 + b"0\r\n\r\n"
        answered = await exchange(port, LINE + b"Transfer-Encoding: chunked\r\n\r\n" + body)
    assert answered.body == b"30000"


@pytest.mark.parametrize("begin", [b"", b"GET / HTTP/1.1\r\nHost:"])
async def test_whoever_sends_no_request_is_let_go(monkeypatch: pytest.MonkeyPatch, begin: bytes) -> None:
    monkeypatch.setattr(http_protocol, "SECONDS_FOR_HEAD", 0.1)
    async with listening(Starlette()) as port, asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begin)
        assert await reader.read() == b""
        writer.close()


async def test_whoever_sends_half_of_another_request_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "SECONDS_FOR_HEAD", 0.1)
    async with listening(Starlette()) as port, asyncio.timeout(4):  # less than a connection may be idle
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for part in (b"GET / HTTP/1.1\r\nHost: testserver\r\n\r\n", b"GET / HTTP/1.1\r\n"):
            writer.write(part)
            await asyncio.sleep(0.05)
        assert (await reader.read()).count(b"HTTP/1.1 404") == 1
        writer.close()


async def test_a_body_may_take_longer_than_a_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "SECONDS_FOR_HEAD", 0.1)
    async with listening(APP) as port, asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for part in (LINE + b"Content-Length: 3\r\n\r\n", b"a", b"b", b"c"):
            writer.write(part)
            await asyncio.sleep(0.1)
        assert (await reader.read()).endswith(b"\r\n\r\n3")
        writer.close()


@pytest.mark.parametrize(("pause", "whole"), [(0.0, True), (1.0, False)])
async def test_whoever_does_not_read_an_answer_is_let_go(
    monkeypatch: pytest.MonkeyPatch, pause: float, whole: bool
) -> None:
    monkeypatch.setattr(http_protocol, "SECONDS_TO_READ", 0.2)
    async with listening(APP) as port, asyncio.timeout(20):
        loop, client = asyncio.get_running_loop(), socket.create_connection(("127.0.0.1", port))
        with client:
            client.setblocking(False)
            await loop.sock_sendall(client, b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            await asyncio.sleep(pause)
            assert (await length_of_body(client) == LARGE) is whole


async def length_of_body(client: socket.socket) -> int:
    """How much of an answer comes, by a megabyte after the other."""
    loop, found = asyncio.get_running_loop(), b""
    with suppress(ConnectionResetError):
        while more := await loop.sock_recv(client, 1_000_000):
            found += more
            await asyncio.sleep(0.01)
    return len(found.partition(b"\r\n\r\n")[2])


HEAD = b"POST /nowhere HTTP/1.1\r\nHost: testserver\r\n"  # answered at once, whatever the body is


async def test_a_body_that_nobody_wanted_is_read_no_further_than_to_be_heard() -> None:
    async with listening(APP) as port, asyncio.timeout(5):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD + b"Content-Length: 10000000000\r\n\r\n")
        answered = await reader.readuntil(b"\r\n\r\n")
        written = 0
        with suppress(ConnectionError):
            while True:
                writer.write(bytes(100_000))
                await writer.drain()
                written += 100_000
        writer.close()

    assert answered.startswith(b"HTTP/1.1 404 ")
    assert written < LARGE  # what the system's buffers take is not much more than is read


async def test_a_body_that_nobody_wanted_does_not_come_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "SECONDS_FOR_UNWANTED", 0.2)
    async with listening(APP) as port, asyncio.timeout(5):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD + b"Content-Length: 1000\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 404 ")
        with suppress(ConnectionError):
            while not reader.at_eof():
                writer.write(b"x")
                await reader.read(100) if reader._buffer else await asyncio.sleep(0.02)  # type: ignore[attr-defined]
        writer.close()


async def test_a_small_body_that_nobody_wanted_leaves_the_connection_to_the_next_request() -> None:
    async with listening(APP) as port, asyncio.timeout(5):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD + b"Content-Length: 5\r\n\r\n")
        assert (await reader.readuntil(b"Not Found")).startswith(b"HTTP/1.1 404 ")
        writer.write(b"12345" + LINE + b"Content-Length: 3\r\n\r\nabc")
        assert (await reader.read()).endswith(b"\r\n\r\n3")
        writer.close()


async def test_who_waits_to_be_asked_for_the_body_is_answered_without_it() -> None:
    async with listening(APP) as port, asyncio.timeout(5):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD + b"Content-Length: 10000000000\r\nExpect: 100-continue\r\n\r\n")
        answered = await reader.read()
        writer.close()

    assert answered.startswith(b"HTTP/1.1 404 ")
