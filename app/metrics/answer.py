"""Answers at /metrics: on a port of its own, or beside all else to whoever has the token."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from hmac import compare_digest
from pathlib import Path

from pydantic import SecretStr
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.config import Settings
from app.db.engine import Database
from app.metrics.counted import Sources, counted
from app.metrics.lines import page
from app.metrics.stored import stored
from app.metrics.workers import Texts, Workers

PATH = "/metrics"


class Metrics:
    """What a server tells. Several who ask at once share one look."""

    def __init__(self, sources: Sources, workers: Workers, database: Database) -> None:
        """`database` is for this alone."""
        self.sources = sources
        self.workers = workers
        self.database = database
        self._looking: asyncio.Task[Sequence[Texts]] | None = None

    async def parts(self) -> Sequence[Texts]:
        """What this process has counted, what the others have, and what the database says waits."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        return await asyncio.shield(self._looking)  # the others wait for it, too

    async def _look(self) -> Sequence[Texts]:
        others, waiting = await asyncio.gather(self.workers.others(), stored(self.database))
        return [self.tell(str(self.workers.place)), *others, waiting]

    def tell(self, place: str) -> Texts:
        """What this process has counted, which has that place among the workers."""
        return counted(self.sources, place)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Within the block there is something to tell. Behind it no task and no connection is left."""
        self.sources.probe.start()
        try:
            async with self.workers.told(self.tell):
                yield
        finally:
            self.sources.probe.stop()
            if self._looking:
                self._looking.cancel()
                await asyncio.gather(self._looking, return_exceptions=True)
            await self.database.close()


@asynccontextmanager
async def telling(
    state: State, settings: Settings, sources: Sources, meeting_place: Path | None
) -> AsyncIterator[None]:
    """Within the block the application of that state has metrics, where the settings say that it tells any."""
    if not settings.tells_metrics:
        yield
        return
    state.metrics = metrics = Metrics(sources, Workers(meeting_place), sources.pools["metrics"])
    async with metrics.at_work():
        yield


class Told:
    """What stands in front of the application where metrics are told at all.

    Whoever comes in by the port of the metrics gets nothing but them, whatever address they say they ask.
    """

    def __init__(self, app: ASGIApp, port: int | None, token: SecretStr | None) -> None:
        self.app = app
        self.port = port
        self.token = token.get_secret_value().encode() if token else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or not self._concerns(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            response = await self._response(Request(scope))
            await response(scope, receive, send)
        else:
            await send({"type": "websocket.close"})

    def _concerns(self, scope: Scope) -> bool:
        if self.port is None:
            return bool(scope["type"] == "http" and scope["path"] == PATH)
        server = scope.get("server")
        return bool(server and server[1] == self.port)

    async def _response(self, request: Request) -> Response:
        if request.scope["path"] != PATH:
            return PlainTextResponse("Here are only /metrics.\n", 404)
        if not self._lets_in(request):
            return PlainTextResponse("Send the token of the metrics.\n", 401, headers={"WWW-Authenticate": "Bearer"})
        if request.method not in {"GET", "HEAD"}:
            return PlainTextResponse("Ask by GET.\n", 405, headers={"Allow": "GET, HEAD"})
        metrics: Metrics = request.app.state.metrics
        text, media_type = page(await metrics.parts(), request.headers.get("accept", ""))
        return Response(text, media_type=media_type, headers={"Cache-Control": "no-store"})

    def _lets_in(self, request: Request) -> bool:
        if self.token is None:
            return True
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        # As bytes: of text only ASCII can be compared in constant time.
        same: bool = compare_digest(given.encode("latin-1"), self.token)
        return same and scheme.lower() == "bearer"
