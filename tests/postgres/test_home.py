"""Whose home it is, and whether there is one, makes no difference to a server."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.api import SECRET
from tests.conftest import Database
from tests.processes import TRELLIS, environment, free_port, wait_for

# Who runs the tests as root may look into everything, which root can do without.
AS_ANYBODY = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


@asynccontextmanager
async def over_tcp(database: Database) -> AsyncIterator[str]:
    """The URL of the database at a port, even where PostgreSQL has none: only there are certificates looked for."""
    if urlsplit(database.runtime_url).hostname:
        yield database.runtime_url
        return
    socket = database.addresses.socket_directory / ".s.PGSQL.5432"

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_unix_connection(socket)
        await asyncio.gather(pump(reader, there_writer), pump(there_reader, writer), return_exceptions=True)

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield f"postgresql://trellis@127.0.0.1:{port}/{database.name}"
    server.close()


@pytest.fixture
def home(request: pytest.FixtureRequest, tmp_path: Path) -> str | None:
    """One that is closed to us, one whose name is longer than there can be, or none."""
    closed = tmp_path / "home"
    closed.mkdir(mode=0)
    homes: dict[str, str | None] = {"closed": str(closed), "impossible": f"/{'home' * 100}", "none": None}
    return homes[request.param]


@pytest.fixture
def variables(home: str | None) -> dict[str, str]:
    """The environment of somebody whose home that is."""
    plain = environment(TRELLIS_JWT_SECRET=SECRET)
    plain.pop("HOME", None)
    return plain if home is None else plain | {"HOME": home}


@pytest.mark.parametrize("home", ["closed", "impossible", "none"], indirect=True)
async def test_the_database_is_reached_whatever_home_is(
    variables: dict[str, str], database: Database, tmp_path: Path
) -> None:
    async with over_tcp(database) as url:
        variables["TRELLIS_DATABASE_URL"] = url
        found = await asyncio.to_thread(
            subprocess.run,
            [*AS_ANYBODY, *TRELLIS, "doctor"],
            cwd=tmp_path,
            env=variables,
            capture_output=True,
            text=True,
        )

    assert "cannot be reached" not in found.stdout
    assert "ok    The model wordllama is active and works" in found.stdout.splitlines()


@pytest.mark.parametrize("home", ["closed", "none"], indirect=True)
async def test_a_server_is_ready_whatever_home_is(
    variables: dict[str, str], database: Database, tmp_path: Path
) -> None:
    port = free_port()
    async with over_tcp(database) as url:
        server = await asyncio.create_subprocess_exec(
            *(*AS_ANYBODY, *TRELLIS, "serve", "--port", str(port)),
            cwd=tmp_path,
            env=variables | {"TRELLIS_DATABASE_URL": url},
            stdout=asyncio.subprocess.DEVNULL,
        )
        await asyncio.to_thread(wait_for, f"http://127.0.0.1:{port}/healthz")
        async with httpx.AsyncClient(timeout=60) as http:
            ready = await http.get(f"http://127.0.0.1:{port}/readyz")
        server.terminate()
        await server.wait()

    assert ready.status_code == 200
