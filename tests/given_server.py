"""A PostgreSQL that is there already, for the tests to share: `make test DATABASE=postgresql://postgres:…@host:5432/postgres`.

It is named by the URL of a superuser. The run makes what a start of the embedded server makes, and drops it in the end.
Its `max_connections` should be 200 or more: a worker has three servers at times, which keep what they have opened.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
import pytest

from app.postgres.server import Addresses

SUPERUSER = "postgres"  # what it is called by the tests, whatever its name is
LOGINS = {"trellis_owner": "CREATEROLE", "trellis": "NOBYPASSRLS"}
ROLES = ("trellis", "trellis_ranking", "trellis_runtime", "trellis_owner")  # an order in which they can be dropped
FOUND = """SELECT rolname FROM pg_roles WHERE rolname LIKE 'trellis%'
UNION ALL SELECT datname FROM pg_database WHERE datname LIKE 'trellis%'"""
DATABASES = "SELECT datname FROM pg_database WHERE datname LIKE 'trellis%' OR datname LIKE 'test\\_%'"
# Sorted by code points, as in the embedded server: by what PostgreSQL brings along, or 16, which brings nothing, has.
BUILTIN, OF_THE_SYSTEM = "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'", "LOCALE 'C.UTF-8'"


@dataclass(frozen=True)
class GivenServer(Addresses):
    """Where it is reached: by the same names of roles and databases as the embedded one."""

    given_url: str
    password: str

    def url(self, role: str, database: str = "trellis") -> str:
        parts = urlsplit(self.given_url)
        if role != SUPERUSER:
            host = parts.netloc.rpartition("@")[2]
            parts = parts._replace(netloc=f"{role}:{quote(self.password)}@{host}")
        return urlunsplit(parts._replace(path=f"/{database}"))


@contextmanager
def provisioned(url: str) -> Iterator[GivenServer]:
    """The server with its roles and a database `trellis`, for the time of the block.

    Refuses one that has anything called so: it may be somebody's.
    """
    server = GivenServer(Path(), url, token_hex(16))
    asyncio.run(_provision(server))
    try:
        yield server
    finally:
        asyncio.run(_clear(server))


async def _provision(server: GivenServer) -> None:
    connection = await asyncpg.connect(server.given_url)
    found = [row[0] for row in await connection.fetch(FOUND)]
    if found:
        raise pytest.UsageError(f"The server has {', '.join(found)} already, which the tests would drop: name another.")
    for role, may in LOGINS.items():
        await connection.execute(f"CREATE ROLE {role} LOGIN {may} PASSWORD '{server.password}'")
    locale = BUILTIN if connection.get_server_version() >= (17,) else OF_THE_SYSTEM
    await connection.execute(f"CREATE DATABASE trellis OWNER trellis_owner TEMPLATE template0 ENCODING 'UTF8' {locale}")
    await connection.close()
    connection = await asyncpg.connect(server.superuser_url)
    await connection.execute("CREATE EXTENSION vector")
    await connection.close()


async def _clear(server: GivenServer) -> None:
    connection = await asyncpg.connect(server.given_url)
    for (database,) in await connection.fetch(DATABASES):
        await connection.execute(f"DROP DATABASE {database} WITH (FORCE)")
    there = {row[0] for row in await connection.fetch(FOUND)}
    for role in ROLES:
        if role in there:
            await _drop(connection, role)
    await connection.close()


async def _drop(connection: "asyncpg.Connection[Any]", role: str) -> None:
    await connection.execute(f"DROP OWNED BY {role}")
    await connection.execute(f"DROP ROLE {role}")
