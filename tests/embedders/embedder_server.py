"""A model behind an OpenAI-compatible API, on a socket: deterministic, and it notes what it was asked."""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

DIMENSION = 384


class EmbedderServer:
    """`asked` counts the texts; `status` is what it answers, `pause` how long it takes, in seconds."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.requests = 0
        self.statuses: list[int] = []  # of the next answers; then 200
        self.refused: set[str] = set()  # words that make it answer 400
        self.pause = 0.0
        self.dimension = DIMENSION
        self.url = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers the requests of one connection."""
        try:
            while (head := await reader.readuntil(b"\r\n\r\n")) != b"":
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                status, body = self._answer(json.loads(await reader.readexactly(length)))
                await asyncio.sleep(self.pause)
                content = json.dumps(body).encode()
                writer.write(
                    b"HTTP/1.1 %d Some\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                    % (status, len(content))
                    + content
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, body: dict[str, list[str]]) -> tuple[int, object]:
        self.requests += 1
        self.asked.update(body["input"])
        status = self.statuses.pop(0) if self.statuses else 200
        if any(word in text for word in self.refused for text in body["input"]):
            status = 400
        if status != 200:
            return status, {"error": {"message": f"this is a {status}"}}
        rows = [{"index": place, "embedding": self.vector(text)} for place, text in enumerate(body["input"])]
        return 200, {"data": rows[::-1]}

    def vector(self, text: str) -> list[float]:
        """The same for the same text, and far from those of others."""
        random = Random(hashlib.sha256(text.encode()).digest())
        return [random.gauss(0, 1) for _ in range(self.dimension)]


@asynccontextmanager
async def serving_embeddings() -> AsyncIterator[EmbedderServer]:
    """A server on a free port of this machine."""
    server = EmbedderServer()
    listener = await asyncio.start_server(server.answer, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1"
    try:
        yield server
    finally:
        listener.close()
