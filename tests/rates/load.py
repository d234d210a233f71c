"""Many requests of one person, by a client that costs next to nothing itself."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from app.auth.tokens import sign
from app.config import Settings
from tests.api import GRAPHQL, SECRET

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Load:
    """One document, sent over connections that stay open; only the statuses of the answers are looked at.

    Without an API key it is a person's.
    """

    def __init__(self, address: str, who: str, document: str, *, key: str | None = None) -> None:
        self.port = urlsplit(address).port or 80
        settings = Settings(jwt_secret=SecretStr(SECRET))
        token = key or sign(settings, subject=who, email=who, name=None, ttl=timedelta(hours=1))
        body = json.dumps({"query": document})
        self.request = (
            f"POST {GRAPHQL} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()
        self.connections: list[Connection] = []

    @asynccontextmanager
    async def connected(self, amount: int, *, workers: int) -> AsyncIterator[None]:
        """At least so many connections, and more until so many workers have one: each takes what it comes to first."""
        try:
            async with asyncio.timeout(60):
                while len(self.connections) < amount or len(self.workers()) < workers:
                    self.connections.append(await self.connect())
                    await asyncio.sleep(0.1 if len(self.connections) > amount else 0)
            yield
        finally:
            for _, writer in self.connections:
                writer.close()
                with suppress(ConnectionError):  # a worker that was killed may have reset it
                    await writer.wait_closed()

    async def connect(self) -> Connection:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def send(self, amount: int, *, meanwhile: tuple[int, Callable[[], None]] | None = None) -> Counter[int]:
        """How many answers of each status there are; `meanwhile` is called once, before the request of that number."""
        statuses: Counter[int] = Counter()
        numbers = iter(range(amount))

        async def work(connection: Connection) -> None:
            for number in numbers:
                if meanwhile is not None and number == meanwhile[0]:
                    meanwhile[1]()
                statuses[await self.ask(connection)] += 1

        await asyncio.gather(*map(work, self.connections))
        return statuses

    async def ask(self, connection: Connection) -> int:
        """The status of the answer to one request."""
        reader, writer = connection
        writer.write(self.request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
        return int(head.split(" ", 2)[1])

    def workers(self) -> set[int]:
        """The processes at the other end of the connections."""
        lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        sockets = {f"socket:[{line[9]}]" for line in lines if line[1].endswith(f":{self.port:04X}") and line[3] == "01"}
        return {int(one.name) for one in Path("/proc").glob("[0-9]*") if sockets & _open_in(one)}


def _open_in(process: Path) -> set[str]:
    """What a process has open; nothing of what has been closed, or has ended, meanwhile."""
    found = set()
    with suppress(OSError):
        for link in (process / "fd").iterdir():
            with suppress(OSError):
                found.add(str(link.readlink()))
    return found
