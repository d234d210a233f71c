"""The application as a client meets it, in this process: what it answers, and the statements that it sends for that."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
from asyncpg.connection import LoggedQuery
from pydantic import SecretStr

from app.auth.tokens import sign
from app.config import Settings
from app.db.engine import Connection
from app.main import create_app
from benchmarks.search.fill import READER

SECRET = "a secret of thirty-two bytes or more"  # noqa: S105  # of a server that lives for a benchmark
SEARCH = """query ($organization: ID!, $text: String!, $mode: SearchMode!, $first: Int!, $filter: TaskFilter) {
  searchTasks(organizationId: $organization, query: $text, mode: $mode, first: $first, filter: $filter) {
    edges { score node { id title } } degraded
  }
}"""
LONGEST_QUERY = 500


class SearchFailed(Exception):
    """The server did not answer a search, or not in full."""


class Client:
    """Searches as one person; `sent` holds the statements of the newest search."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.sent: list[LoggedQuery] = []

    async def search(self, organization: object, text: str, mode: str, **more: Any) -> list[str]:
        """The ids that are found, the best first; raises SearchFailed."""
        self.sent.clear()
        variables = {"organization": str(organization), "text": text[:LONGEST_QUERY], "mode": mode, "first": 10, **more}
        response = await self.http.post("/graphql", json={"query": SEARCH, "variables": variables})
        body = response.json()
        if "errors" in body or body["data"]["searchTasks"]["degraded"]:
            raise SearchFailed(response.text)
        return [edge["node"]["id"] for edge in body["data"]["searchTasks"]["edges"]]


@asynccontextmanager
async def searching(runtime_url: str, embedder: str) -> AsyncIterator[Client]:
    """A client of an application over that database, for the time of the block."""
    unlimited: dict[str, Any] = {"rate_limit": 10**9, "max_in_flight": 10**9}
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
        client = Client(http)
        _note(app.state.database, client)
        yield client


def _note(database: Any, client: Client) -> None:
    connect = database.connect

    async def noted() -> Connection:
        connection: Connection = await connect()
        connection.add_query_logger(client.sent.append)
        return connection

    database.connect = noted
