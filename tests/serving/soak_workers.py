"""`trellis serve --workers 2` when one of them is killed: the other goes on, and a new one comes."""

import asyncio
import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import asyncpg

from tests.api import SECRET
from tests.conftest import Database
from tests.factories import make_tenant
from tests.processes import serve
from tests.rates.load import Connection, Load

VIEWER = "{ viewer { user { id } } }"
CONNECTIONS = 10
REQUESTS = 60  # on each of them
CUT = (asyncio.IncompleteReadError, ConnectionError)


async def test_a_killed_worker_takes_only_what_it_was_at(
    database: Database, superuser: "asyncpg.Connection[Any]", tmp_path: Path
) -> None:
    tenant = await make_tenant(superuser)
    variables = {"TRELLIS_DATABASE_URL": database.runtime_url, "TRELLIS_JWT_SECRET": SECRET}
    with serve(tmp_path, "--workers", "2", **variables, TRELLIS_RATE_LIMIT="1000000") as address:
        load = Load(address, tenant.owner, VIEWER)
        async with load.connected(CONNECTIONS, workers=2):
            killed, other = load.workers()
            working = [asyncio.create_task(work(load, one)) for one in load.connections]
            await asyncio.wait(working, timeout=0.1)
            os.kill(killed, signal.SIGKILL)
            answers = await asyncio.gather(*working)

        again = Load(address, tenant.owner, VIEWER)
        async with again.connected(1, workers=2):
            assert other in again.workers()
            assert killed not in again.workers()

    # What was under way there is cut, at most one request of each connection, and everything else is answered.
    assert sum(answer["cut"] for answer in answers) >= 1
    assert all(answer["cut"] <= 1 and answer["cut"] + answer["200"] == REQUESTS for answer in answers)


async def work(load: Load, connection: Connection) -> Counter[str]:
    """How the requests on a connection end, and on the one that takes its place when it is cut."""
    ended: Counter[str] = Counter()
    for _ in range(REQUESTS):
        try:
            ended[str(await load.ask(connection))] += 1
        except CUT:
            ended["cut"] += 1
            connection = await load.connect()
    connection[1].close()
    return ended
