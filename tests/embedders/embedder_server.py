"""A model behind an OpenAI-compatible API, on a socket: deterministic, and it notes what it was asked."""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Any

DIMENSION = 384


class EmbedderServer:
    """`asked` counts the texts; all else says how it misbehaves."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.batches: list[int] = []  # of how many texts each request was
        self.statuses: list[int] = []  # of the next answers; then `status`
        self.status = 200
        self.refused: set[str] = set()  # words that make it answer 400
        self.failing: set[str] = set()  # words that make it answer 500
        self.deadly: set[str] = set()  # words that make it hang up without an answer, as it does to those that follow
        self.rising = 0  # requests that follow, until it is there again
        self.endless: set[str] = set()  # words that make it take ten seconds
        self.most = 0  # texts, above which it answers this, or leaves the others out:
        self.too_many: tuple[int, bytes] | None = (429, b'{"error": {"message": "this is a 429"}}')
        self.most_letters = 0  # of all texts, above which it answers 413
        self.content: bytes | None = None  # what it answers in place of vectors
        self.alter: Callable[[list[Any]], list[Any]] | None = None  # what it makes of its rows
        self.retry_after = 0  # seconds that it asks to wait for
        self.pause = 0.0  # seconds before an answer
        self.drip = 0.0  # seconds between two bytes of it
        self.dimension = DIMENSION
        self.write: Callable[[Any], bytes] = lambda answer: json.dumps(answer).encode()
        self.url = ""
        self._down = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers the requests of one connection."""
        try:
            while (head := await reader.readuntil(b"\r\n\r\n")) != b"":
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                body = json.loads(await reader.readexactly(length))
                status, content = self._answer(body)
                await asyncio.sleep(10 if holds(self.endless, body) else self.pause)
                if self._is_down(body):
                    break
                head = b"HTTP/1.1 %d Some\r\nRetry-After: %d\r\nContent-Length: %d\r\n\r\n"
                await self._send(writer, head % (status, self.retry_after, len(content)) + content)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _is_down(self, body: dict[str, list[str]]) -> bool:
        if holds(self.deadly, body):
            self._down = self.rising
            return True
        self._down -= 1
        return self._down >= 0

    async def _send(self, writer: asyncio.StreamWriter, content: bytes) -> None:
        parts = [content[place : place + 1] for place in range(len(content))] if self.drip else [content]
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(self.drip)

    @property
    def requests(self) -> int:
        return len(self.batches)

    def _answer(self, body: dict[str, list[str]]) -> tuple[int, bytes]:
        texts = body["input"]
        self.batches.append(len(texts))
        self.asked.update(texts)
        status = self.statuses.pop(0) if self.statuses else self.status
        status = 400 if holds(self.refused, body) else 500 if holds(self.failing, body) else status
        status = 413 if self.most_letters and sum(map(len, texts)) > self.most_letters else status
        if self.most and len(texts) > self.most:
            if self.too_many is not None:
                return self.too_many
            texts = texts[: self.most]
        if self.content is not None:
            return status, self.content
        if status != 200:
            return status, json.dumps({"error": {"message": f"this is a {status}"}}).encode()
        rows = [{"index": place, "embedding": self.vector(text)} for place, text in enumerate(texts)]
        return status, self.write({"data": self.alter(rows) if self.alter else rows[::-1]})

    def vector(self, text: str) -> list[float]:
        """The same for the same text, and far from those of others."""
        random = Random(hashlib.sha256(text.encode()).digest())
        return [random.gauss(0, 1) for _ in range(self.dimension)]


def holds(words: set[str], body: dict[str, list[str]]) -> bool:
    """Whether one of the texts has one of the words."""
    return any(word in text for word in words for text in body["input"])


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
