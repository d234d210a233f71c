"""The application as a client meets it, in this process: what it answers, and what its resolver does for that."""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from time import perf_counter
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import httpx
from pydantic import SecretStr
from starlette.applications import Starlette

from app.auth.actor import Actor
from app.auth.guards import require_row
from app.auth.tokens import sign
from app.config import Settings
from app.db.engine import Database
from app.db.identity import identifying
from app.db.statement import Statement
from app.db.unit_of_work import Unit
from app.http.endpoint import Endpoint
from app.main import create_app
from app.organizations.loaders import live_organization
from app.organizations.search import Inquiry
from app.ranking.signals import SearchMode
from app.tasks.search import search_tasks
from benchmarks.search.fill import READER

SECRET = "a secret of thirty-two bytes or more"  # noqa: S105  # of a server that lives for a benchmark
SEARCH = """query ($organization: ID!, $text: String!, $mode: SearchMode!, $first: Int!, $filter: TaskFilter) {
  searchTasks(organizationId: $organization, query: $text, mode: $mode, first: $first, filter: $filter) {
    edges { score node { id title } } degraded
  }
}"""
ASKED = {"Task": frozenset({"id", "title"})}
LONGEST_QUERY, SIZE = 500, 10
AnyUnit = TypeVar("AnyUnit", bound=Unit)


class SearchFailed(Exception):
    """The server did not answer a search, or not in full."""


class Sent(NamedTuple):
    """What opens the transaction of a search, and its statements with their arguments."""

    opening: str
    statements: Sequence[tuple[str, Sequence[Any]]]


class Noting(Unit):
    """Notes each statement."""

    def __init__(self, database: Database, actor: Actor) -> None:
        super().__init__(database, actor)
        self.sent: list[tuple[str, Sequence[Any]]] = []

    async def fetch(self, statement: Statement, values: Mapping[str, Any]) -> list[Any]:
        self.sent.append((statement.text, statement.arguments(values)))
        return await super().fetch(statement, values)


class Client:
    """Searches as one person."""

    def __init__(self, http: httpx.AsyncClient, app: Starlette) -> None:
        self.http = http
        self.app = app

    async def search(self, organization: object, text: str, mode: str, **more: Any) -> list[str]:
        """The ids that are found, the best first; raises SearchFailed."""
        variables = {
            "organization": str(organization),
            "text": text[:LONGEST_QUERY],
            "mode": mode,
            "first": SIZE,
            **more,
        }
        response = await self.http.post("/graphql", json={"query": SEARCH, "variables": variables})
        body = response.json()
        if "errors" in body or body["data"]["searchTasks"]["degraded"]:
            raise SearchFailed(response.text)
        return [edge["node"]["id"] for edge in body["data"]["searchTasks"]["edges"]]

    async def resolve(self, organization: UUID, text: str, mode: str) -> float:
        """The milliseconds that the resolver takes, from its call until its rows are there."""
        return (await self._resolve(Unit, organization, text, mode))[1]

    async def sent_for(self, organization: UUID, text: str, mode: str) -> Sent:
        """The statements of a search."""
        unit, _ = await self._resolve(Noting, organization, text, mode)
        return Sent(f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {identifying(unit.actor)}", unit.sent)

    async def _resolve(self, kind: type[AnyUnit], organization_id: UUID, text: str, mode: str) -> tuple[AnyUnit, float]:
        """Does what the resolver of `searchTasks` does. The server must have answered the person before."""
        endpoint: Endpoint = self.app.state.endpoint
        unit = kind(self.app.state.database, endpoint.identities.actors[READER, None, None, False])
        await unit.begin()
        try:
            context = endpoint.new_context(unit, ASKED)
            begin = perf_counter()
            organization = require_row(await context.load(live_organization, organization_id), "organization")
            inquiry = Inquiry(organization, text[:LONGEST_QUERY], SearchMode[mode], None, SIZE, None)
            results = await search_tasks(context, inquiry)
            await context.load_many(results.rows, results.keys(results.found.hits))
            return unit, 1000 * (perf_counter() - begin)
        finally:
            await unit.end()


@asynccontextmanager
async def searching(runtime_url: str, embedder: str) -> AsyncIterator[Client]:
    """A client of an application over that database, for the time of the block."""
    unlimited: dict[str, Any] = {"rate_limit": 10**9}
    settings = Settings(database_url=runtime_url, jwt_secret=SecretStr(SECRET), embedder=embedder, **unlimited)
    token = sign(settings, subject=READER, email=None, name=None, ttl=timedelta(hours=8))
    app = create_app(settings)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for each search would hide the figures
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://benchmark",
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        ) as http,
    ):
        yield Client(http, app)
