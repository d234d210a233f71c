"""The floor over HTTP: a bare ASGI application, to be compared with servers that answer over HTTP too."""

import gc
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import asyncpg
import orjson

from benchmarks.floor.answers import answer
from benchmarks.floor.reader import Identity

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Application:
    """Answers POST /{workload} with a body like that of a GraphQL request."""

    pool: "asyncpg.Pool[Any]"
    identity: Identity

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self.pool = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=1, max_size=10, reset=_keep)
        async with self.pool.acquire() as connection:
            self.identity = await Identity.find(connection)
        gc.disable()  # nothing below makes a cycle, so that the collector would only look at rows and find none
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.pool.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        slug = orjson.loads((await receive())["body"])["variables"]["slug"]
        async with self.pool.acquire() as connection:
            body = await answer(connection, self.identity, scope["path"][1:], slug)
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _keep(_connection: object) -> None:
    """Takes the place of asyncpg's reset, a round trip that a transaction which has ended does not need."""


application = Application()
