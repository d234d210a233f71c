"""Puts the server together: settings, database, routes. The only file that wires things."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from app.auth.tokens import Tokens
from app.config import Settings
from app.db.engine import Database, DatabaseUnavailable
from app.graph.http import Endpoint
from app.graph.page import Assets
from app.schema import graphql_schema


def create_app(settings: Settings, *, token: str | None = None) -> Starlette:
    """The ASGI application; `token` is what GraphiQL opens with, for development only."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        database = await Database.open(settings)
        tokens = Tokens(settings)
        app.state.database = database
        app.state.endpoint = Endpoint(
            graphql_schema,
            database,
            tokens,
            retention=timedelta(days=settings.retention_days),
            playground=settings.playground,
            token=token,
        )
        yield
        await database.close()

    return Starlette(
        routes=[
            Route("/graphql", graphql, methods=["GET", "POST", "OPTIONS"]),
            Mount("/graphql/assets", Assets()),
            Route("/healthz", healthy),
            Route("/readyz", ready),
            Route("/", to_graphql),
        ],
        lifespan=lifespan,
    )


async def graphql(request: Request) -> Response:
    endpoint: Endpoint = request.app.state.endpoint
    return await endpoint.answer(request)


async def healthy(_request: Request) -> Response:
    """Whether the process answers at all."""
    return PlainTextResponse("ok\n")


async def ready(request: Request) -> Response:
    """Whether the database answers too."""
    database: Database = request.app.state.database
    try:
        connection = await database.acquire()
    except DatabaseUnavailable as error:
        return PlainTextResponse(f"{error.message}\n", 503)
    await database.release(connection)
    return PlainTextResponse("ok\n")


async def to_graphql(_request: Request) -> Response:
    return RedirectResponse("/graphql")
