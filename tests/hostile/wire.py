"""Requests as bytes, and what comes back: nothing between a test and the server mends what is wrong with them."""

import asyncio
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

PATIENCE = 20.0  # seconds for an answer, where the server never gives one


class Attack(NamedTuple):
    name: str
    request: bytes  # all that goes over the wire


class Exchange(NamedTuple):
    """What a server answered; its status is 0 where it hung up without a word."""

    status: int
    body: bytes
    seconds: float

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Attacker:
    """Writes requests of somebody who is signed in; `ids` has one object of each noun that they may see."""

    authorization: str
    ids: Mapping[str, str] = field(default_factory=dict)

    def raw(self, name: str, line: str, *headers: str, body: bytes = b"") -> Attack:
        """A request with this first line, these headers and those that let it in; nothing is counted or escaped."""
        lines = [line, "Host: testserver", "Connection: close", f"Authorization: {self.authorization}", *headers]
        return Attack(name, "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def post(self, name: str, body: bytes, *headers: str, content_type: str = "application/json") -> Attack:
        counted = (f"Content-Type: {content_type}", f"Content-Length: {len(body)}")
        return self.raw(name, "POST /graphql HTTP/1.1", *counted, *headers, body=body)

    def get(self, name: str, query: str, *headers: str) -> Attack:
        return self.raw(name, f"GET /graphql?{query} HTTP/1.1", "apollo-require-preflight: 1", *headers)

    def ask(self, name: str, document: str, **variables: Any) -> Attack:
        return self.post(name, json.dumps({"query": document, "variables": variables}).encode())


async def exchange(port: int, request: bytes) -> Exchange:
    """Sends a request on a connection of its own, which it asks to be closed, and reads to the end."""
    started = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        async with asyncio.timeout(PATIENCE):
            writer.write(request)
            await writer.drain()
            while chunk := await reader.read(2**16):
                answer += chunk
    except ConnectionError:
        pass  # it did not want to hear the rest; what it said before counts
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    return Exchange(int(head.split(b" ", 2)[1]) if head else 0, body, time.monotonic() - started)
