"""`trellis serve` is told to stop while somebody waits for an answer."""

import asyncio
import os
import signal
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from pydantic import SecretStr

from app.auth.tokens import sign
from app.config import Settings
from tests.api import SECRET
from tests.conftest import Database
from tests.factories import make_tenant
from tests.locks import until_waiting
from tests.processes import serve
from tests.trash.documents import DELETE_TEAM


async def test_a_deletion_that_takes_long_is_finished_first(
    tmp_path: Path, database: Database, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, tasks=2)
    variables = {
        "TRELLIS_DATABASE_URL": database.runtime_url,
        "TRELLIS_JWT_SECRET": SECRET,
        "TRELLIS_REQUEST_TIMEOUT": "1",
    }
    settings = Settings(jwt_secret=SecretStr(SECRET))
    token = sign(settings, subject=tenant.owner, email=tenant.owner, name=None, ttl=timedelta(minutes=5))
    body = {"query": DELETE_TEAM, "variables": {"id": str(tenant.teams[0])}}

    with serve(tmp_path, **variables) as address:
        transaction = superuser.transaction()
        await transaction.start()
        await superuser.fetch("SELECT FROM tasks WHERE id = $1 FOR UPDATE", tenant.tasks[0])
        async with httpx.AsyncClient(timeout=30, headers={"Authorization": f"Bearer {token}"}) as client:
            sending = asyncio.create_task(client.post(f"{address}/graphql", json=body))
            await until_waiting(superuser)
            os.kill(server_at(address), signal.SIGTERM)
            await asyncio.sleep(1.5)
            with suppress(httpx.TransportError):
                assert (await client.get(f"{address}/healthz")).is_error, "it takes no more requests"
            await transaction.rollback()
            answer = await sending

    assert answer.status_code == 200
    assert answer.json()["data"]["deleteTeam"]["deletion"]["counts"]["tasks"] == 2


def server_at(address: str) -> int:
    """The process that was started to serve at the address."""
    arguments = f"\0serve\0--port\0{address.rpartition(':')[2]}\0".encode()
    (pid,) = (
        int(one.parent.name) for one in Path("/proc").glob("[0-9]*/cmdline") if one.read_bytes().endswith(arguments)
    )
    return pid
