"""The real application as a client meets it, and the SQL that it sends meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

import httpx
from asyncpg.connection import LoggedQuery

from app.auth.tokens import sign
from app.config import Settings
from app.db.engine import Connection, Database
from app.main import create_app

SECRET = "a secret of thirty-two bytes or more"
GRAPHQL = "/graphql"
# Tests ask more than people do.
GENEROUS = {
    "rate_limit": 10**9,
    "rate_limit_anonymous": 10**9,
    "rate_limit_failures": 10**9,
    "max_in_flight": 10**9,
    "max_organizations": 10**6,
}
# Whether a statement is of the application's own work beside its requests, such as the purge.
BESIDE = ContextVar("BESIDE", default=False)


class Api:
    """A client of one application: `statements` holds the SQL of the newest request."""

    def __init__(self, http: httpx.AsyncClient, settings: Settings, database: Database) -> None:
        self.http = http
        self.settings = settings
        self.database = database
        self.statements: list[str] = []

    async def send(self, query: str, *, who: str | None, **variables: Any) -> httpx.Response:
        """The response to a query; `who` is the subject of the token, None for no token."""
        return await self.send_with(self.headers(who) if who else {}, query, **variables)

    async def send_with(self, headers: dict[str, str], query: str, **variables: Any) -> httpx.Response:
        """The response to a query of whom the headers say."""
        self.statements.clear()
        response = await self.http.post(GRAPHQL, json={"query": query, "variables": variables}, headers=headers)
        await asyncio.sleep(0)  # the driver tells of a statement in the next turn of the loop
        return response

    async def ask(self, query: str, *, who: str | None, **variables: Any) -> dict[str, Any]:
        """The body of the answer, which must not be a failure of the server."""
        response = await self.send(query, who=who, **variables)
        assert response.status_code < 500, response.text
        body: dict[str, Any] = response.json()
        return body

    async def data(self, query: str, *, who: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors."""
        body = await self.ask(query, who=who, **variables)
        assert "errors" not in body, body["errors"]
        data: dict[str, Any] = body["data"]
        return data

    async def error(self, query: str, *, who: str | None, **variables: Any) -> dict[str, Any]:
        """The only error of an answer."""
        body = await self.ask(query, who=who, **variables)
        assert len(body.get("errors", [])) == 1, body
        error: dict[str, Any] = body["errors"][0]
        return error

    def headers(self, who: str) -> dict[str, str]:
        token = sign(self.settings, subject=who, email=who, name=None, ttl=timedelta(hours=1))
        return {"Authorization": f"Bearer {token}"}


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Api]:
    """The application with its lifespan, reached without a socket; its rates are limited where `settings` say so."""
    unsaid = {name: value for name, value in GENEROUS.items() if name not in settings.model_fields_set}
    app = create_app(settings.model_copy(update=unsaid))
    starting = BESIDE.set(True)  # the application's own tasks inherit it
    async with app.router.lifespan_context(app):
        BESIDE.reset(starting)
        transport = httpx.ASGITransport(app, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
            api = Api(http, settings, app.state.database)
            _note_statements(api)
            yield api


# What the driver asks each new connection about types that are new to it.
DRIVERS_OWN = ("typeinfo_tree", "current_setting('jit')", "set_config('jit'")


def _note_statements(api: Api) -> None:
    connect = api.database.connect

    def note(query: LoggedQuery) -> None:
        # The end of what an operation has read comes with the next one or behind the answer: it is nobody's statement.
        statement = query.query.removeprefix("ROLLBACK; ")
        if statement != "ROLLBACK" and not BESIDE.get() and not any(sign in statement for sign in DRIVERS_OWN):
            api.statements.append(statement)

    async def connect_noted() -> Connection:
        connection = await connect()
        connection.add_query_logger(note)
        return connection

    api.database.connect = connect_noted  # only looks on
