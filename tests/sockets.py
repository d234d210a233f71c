"""The application on a real socket, in the process of the tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette

from app.serving.http_protocol import Bounded


@asynccontextmanager
async def listening(app: Starlette) -> AsyncIterator[int]:
    """A real socket, by its port."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="on", http=Bounded))
    running = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(5):
            while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
                await asyncio.sleep(0.01)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await running
