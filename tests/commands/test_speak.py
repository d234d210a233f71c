"""What may come before a body, byte by byte: as much as anybody needs, and not without end."""

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.commands.speak import LARGEST_HEAD, MOST_HEADERS, TOO_LARGE
from tests.hostile.wire import Exchange, exchange
from tests.sockets import listening

LINE = b"POST / HTTP/1.1\r\nHost: testserver\r\nConnection: close\r\n"  # with two headers


async def length(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def answer(head: bytes, body: bytes = b"") -> Exchange:
    app = Starlette(routes=[Route("/", length, methods=["POST"])])
    async with listening(app) as port:
        return await exchange(port, LINE + head + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)


@pytest.mark.parametrize(("headers", "status"), [(MOST_HEADERS, 200), (MOST_HEADERS + 1, 400)])
async def test_the_most_headers_and_one_more(headers: int, status: int) -> None:
    answered = await answer(b"X: y\r\n" * (headers - 3))
    assert answered.status == status
    assert answered.body.decode() == ("0" if status == 200 else TOO_LARGE)


async def test_a_long_body_right_behind_a_head_is_taken() -> None:
    assert (await answer(b"", b"x" * 300_000)).body == b"300000"


@pytest.mark.parametrize(
    ("begin", "more"),
    [(LINE + b"X: ", b"x" * 6_000), (LINE, b"X: y\r\n" * 1_000), (b"GET /", b"x" * 6_000)],
)
async def test_a_head_without_end_is_cut_off(begin: bytes, more: bytes) -> None:
    """Whatever there is too much of: one header, many, or the address."""
    async with listening(Starlette()) as port, asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for part in [begin, *[more] * (LARGEST_HEAD // 6_000 + 1)]:
            writer.write(part)
            await asyncio.sleep(0.01)
        assert TOO_LARGE.encode() in await reader.read()
        writer.close()
