"""Puts the server together: settings, database, routes. The only file that wires things."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from app.api_keys.use import note_uses_regularly
from app.auth.tokens import Tokens
from app.chunking.process import Processor
from app.config import Settings
from app.db.engine import Database
from app.db.identity import Identities, Uses
from app.documents.searchable import CHUNKS
from app.embedders.embedder import Embedder
from app.exports.download import Downloads
from app.exports.process import Exporter
from app.graph.charge import Allowance
from app.graph.context import Context
from app.http.deadline import Turns, Watch
from app.http.endpoint import Endpoint
from app.http.graphiql import Assets
from app.http.readiness import Readiness
from app.http.request_counts import RequestCounts
from app.http.sharing import Sharing
from app.idempotency.replay import Replays
from app.indexing.registry import ModelRegistry
from app.indexing.rereading import Rereader
from app.indexing.retry import retry_regularly
from app.indexing.word_counts import WordCounter
from app.indexing.worker import Worker
from app.metrics.answer import Told, telling
from app.metrics.counted import Sources
from app.metrics.probe import Probe
from app.operations.documents import Documents
from app.operations.manifest import Manifest, read_manifests
from app.operations.persisted import Persisted
from app.pools import open_pools
from app.purging.purge_job import purge_regularly
from app.queues.work_loop import work_off
from app.rates.limiter import Rates
from app.schema import graphql_schema
from app.tasks.searchable import TASKS

SEARCHABLES = (TASKS, CHUNKS)


def create_app(
    settings: Settings,
    *,
    token: str | None = None,
    loopback: bool = False,
    preloaded: Embedder | None = None,
    meeting_place: Path | None = None,
) -> Starlette:
    """The ASGI application. Raises UnusableManifest.

    For development only: `token` is what GraphiQL opens with, and `loopback` lets pages in that this machine serves.
    `preloaded` is a model that need not be loaded again, `meeting_place` a directory for the workers of one server.
    """
    manifest = read_manifests(settings.manifests)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        pools = open_pools(settings)
        app.state.database = database = pools["requests"]
        sources = Sources(RequestCounts(manifest.values()), Rates(settings), pools, Probe())
        app.state.readiness = readiness = Readiness(pools["readiness"], sources.rates)
        app.state.downloads = Downloads(database, sources.rates, sources.counts)
        calm_collector()
        identities = Identities(database)
        try:
            async with (
                at_work(identities.uses, settings, preloaded, pools) as models,
                telling(app.state, settings, sources, meeting_place),
            ):
                app.state.endpoint = answering(settings, identities, models, sources, manifest, token)
                yield
        finally:
            await asyncio.gather(readiness.close(), sources.rates.close(), database.close())

    middleware = [Middleware(Sharing, settings.cors_origins, loopback=loopback)]
    if settings.tells_metrics:
        middleware.insert(0, Middleware(Told, settings.metrics_port, settings.metrics_token))
    return without_redirects(Starlette(routes=routes(), middleware=middleware, lifespan=lifespan))


def answering(  # each is a part of it
    settings: Settings,
    identities: Identities,
    models: ModelRegistry,
    sources: Sources,
    manifest: Manifest,
    token: str | None,
) -> Endpoint:
    """What answers at /graphql."""
    documents = Documents(graphql_schema, settings, introspection=settings.introspection)
    return Endpoint(
        identities,
        Tokens(settings),
        limits=settings,
        persisted=Persisted(documents, manifest, settings.documents),
        new_context=contexts(settings, models),
        retries=Replays(),
        rates=sources.rates,
        watch=Watch(turns_of(settings)),
        counts=sources.counts,
        playground=settings.playground,
        debug=settings.debug,
        token=token,
    )


def without_redirects(app: Starlette) -> Starlette:
    """They would lead to http:// where a proxy speaks https, and browsers take the token along."""
    app.router.redirect_slashes = False
    return app


def contexts(settings: Settings, models: ModelRegistry) -> Callable[..., Context]:
    """What makes the context of an operation, and knows what is the same for all of them."""
    return partial(
        Context,
        retention=timedelta(days=settings.retention_days),
        allowance=Allowance(settings.points_per_key, settings.max_organizations),
        invitation_url=settings.invitation_url,
        models=models,
    )


def routes() -> list[BaseRoute]:
    return [
        *(Route(path, GraphQL(), methods=["GET", "POST", "OPTIONS"]) for path in ("/graphql", "/graphql/")),
        Mount("/graphql/assets", Assets()),
        Route("/exports/{secret}", Exported(), methods=["GET"]),
        Route("/healthz", healthy),
        Route("/readyz", ready),
        Route("/", to_graphql),
    ]


def turns_of(settings: Settings) -> Turns:
    """Large deletions hold a quarter of the connections at most."""
    most = max(settings.pool_size // 4, 1)
    return Turns(usual=settings.request_timeout, longest=settings.longest_request, most=most)


@asynccontextmanager
async def at_work(
    uses: Uses, settings: Settings, preloaded: Embedder | None, pools: Mapping[str, Database]
) -> AsyncIterator[ModelRegistry]:
    """What the server does beside answering, for as long as the block runs."""
    background, housekeeping, exporting = (pools[name] for name in ("background", "housekeeping", "exports"))
    models = ModelRegistry(background, settings, preloaded)
    worker = Worker(background, models, SEARCHABLES)
    processor = Processor(background, then=models.wake)
    work = (
        purge_regularly(background),
        note_uses_regularly(background, uses),
        models.follow(),
        retry_regularly(background),
        work_off("embedding", worker.work, models.listen()),
        work_off("cutting documents", processor.work, models.listen()),
        work_off("exporting", Exporter(exporting).work, models.listen()),
        work_off("reading texts anew", Rereader(background, SEARCHABLES).work, asyncio.Event()),
        work_off("counting words", WordCounter(housekeeping).work, asyncio.Event()),
    )
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield models
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await models.close()
        await asyncio.gather(background.close(), housekeeping.close(), exporting.close())


def calm_collector() -> None:
    """Keeps the garbage collector from going through everything again and again while an answer grows.

    What start-up has made stays for good, so it is frozen. An answer is thousands of objects without a cycle among
    them: looking for one, as often as the default says, took 18 of the 45 ms of CPU of 5,000 tasks with cursors, and
    a single time yet 3 of 30.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


class GraphQL:
    """The endpoint as an ASGI application of its own: Starlette's wrapping of functions would do no work for it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint: Endpoint = scope["app"].state.endpoint
        await endpoint.respond(Request(scope, receive, send), send)


class Exported:
    """The files of exports, likewise."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        downloads: Downloads = scope["app"].state.downloads
        await downloads.respond(Request(scope, receive, send), send)


async def healthy(_request: Request) -> Response:
    """Whether the process answers at all."""
    return PlainTextResponse("ok\n")


async def ready(request: Request) -> Response:
    """Whether the database answers too; without Redis the server is ready, and says so."""
    readiness: Readiness = request.app.state.readiness
    state = await readiness.state()
    return PlainTextResponse(f"{state.text}\n", state.status)


async def to_graphql(_request: Request) -> Response:
    return RedirectResponse("/graphql")
