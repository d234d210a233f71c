"""`trellis export`, and servers that export, killed while they write. Run by `make soak-export`."""

import asyncio
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urljoin

import asyncpg
import httpx
import pytest

from app.auth.tokens import sign
from app.config import Settings
from app.export_files.read import read_export
from app.formats.record import FileUnusable
from tests.api import SECRET
from tests.exports.jobs import EXPORT
from tests.factories import Tenant, make_tenant
from tests.invitations.soak_people import serve
from tests.processes import TRELLIS, environment

KILLS = 20
TASKS = 20_000
MOST = 1.5  # seconds after it has begun
LONG = "UPDATE tasks SET description = repeat(md5(id::text), 20)"  # so that a file has many pieces
RUNNING = "SELECT status = 'RUNNING' FROM exports WHERE id = $1"
PASS = "UPDATE exports SET due_at = now() WHERE id = $1 AND due_at IS NOT NULL"  # as time does


@pytest.fixture
async def made(new_database: Any) -> Any:
    return await new_database()


@pytest.fixture
async def superuser(made: Any) -> AsyncIterator["asyncpg.Connection[Any]"]:
    connection = await asyncpg.connect(made.superuser_url)
    yield connection
    await connection.close()


@pytest.fixture
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    tenant = await make_tenant(superuser, members=10, teams=4, tasks=TASKS // 40, documents=5)
    await superuser.execute(LONG)
    await superuser.execute("VACUUM ANALYZE")
    return tenant


def is_whole(path: Path) -> bool:
    """Whether an import would take it; then it has all that there is."""
    try:
        counts = Counter(line.type for line in read_export(path))
    except FileUnusable:
        return False
    assert (counts["member"], counts["team"], counts["task"], counts["document"]) == (10, 4, TASKS, 5)
    return True


async def test_whoever_is_killed_a_file_of_the_name_is_whole(made: Any, tenant: Tenant, tmp_path: Path) -> None:
    random, named, parts = Random(14), 0, 0
    for kill in range(KILLS):
        folder = tmp_path / str(kill)
        folder.mkdir()
        path = folder / ("acme.jsonl.gz" if kill % 2 else "acme.jsonl")
        command = (*TRELLIS, "export", path.name, "--organization", tenant.slug)
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, env=environment(TRELLIS_DATABASE_URL=made.runtime_url), stdout=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(60):
            while not list(folder.iterdir()):  # noqa: ASYNC110  # another process sends no event
                await asyncio.sleep(0.01)
        await asyncio.sleep(random.uniform(0, MOST))
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()
        if path.exists():
            assert is_whole(path)
            named += 1
        parts += sum(not is_whole(part) for part in folder.glob("*.part"))
    print(f"{KILLS} kills of the command: {named} files of the name, all whole; {parts} parts, not whole")  # noqa: T201
    assert parts > KILLS // 2


async def test_whatever_a_killed_server_was_writing_is_whole_in_the_end(
    made: Any, superuser: "asyncpg.Connection[Any]", tenant: Tenant, tmp_path: Path
) -> None:
    """Meanwhile its link leads nowhere."""
    random, midway, path = Random(26), 0, tmp_path / "acme.jsonl.gz"
    process, address = await serve(made.runtime_url, tmp_path)
    for _ in range(KILLS):
        export_id, link = await request(address, tenant)
        midway += await killed_while_running(process, superuser, export_id, random)
        process, address = await serve(made.runtime_url, tmp_path)
        async with httpx.AsyncClient(timeout=60) as http:
            file = urljoin(address, link)
            before = await http.get(file)
            assert (before.status_code == 404) == (await superuser.fetchval(RUNNING, export_id))
            await superuser.execute(PASS, export_id)
            path.write_bytes(await fetched(http, file))
        assert is_whole(path)
        print(".", end="", flush=True)  # noqa: T201  # it takes minutes
    process.kill()
    await process.wait()
    kept = await superuser.fetchval("SELECT count(DISTINCT export_id) FROM export_chunks")
    print(f"{KILLS} kills of a server, {midway} while it wrote: {KILLS} files fetched, all whole; {kept} kept")  # noqa: T201
    assert midway > KILLS // 2
    assert kept == 1


async def request(address: str, tenant: Tenant) -> tuple[str, str]:
    """The id of a new export, and its link as the endpoint tells it."""
    settings = Settings.model_validate({"jwt_secret": SECRET})
    token = sign(settings, subject=tenant.owner, email=tenant.owner, name=None, ttl=timedelta(hours=1))
    body = {"query": EXPORT, "variables": {"id": str(tenant.id)}}
    async with httpx.AsyncClient() as http:
        answer = await http.post(address, json=body, headers={"Authorization": f"Bearer {token}"})
    payload = answer.json()["data"]["exportOrganization"]
    return payload["export"]["id"], payload["url"]


async def killed_while_running(
    process: Process, superuser: "asyncpg.Connection[Any]", export_id: str, random: Random
) -> bool:
    """Kills the server some time after it has begun; whether it was still writing then."""
    async with asyncio.timeout(60):
        while not await superuser.fetchval(RUNNING, export_id):  # noqa: ASYNC110  # another process sends no event
            await asyncio.sleep(0.01)
    await asyncio.sleep(random.uniform(0, MOST))
    process.kill()
    await process.wait()
    await asyncio.sleep(0.2)  # PostgreSQL sees that its client is gone
    return bool(await superuser.fetchval(RUNNING, export_id))


async def fetched(http: httpx.AsyncClient, link: str) -> bytes:
    async with asyncio.timeout(300):
        while (answer := await http.get(link)).status_code != 200:  # noqa: ASYNC110  # nobody is told
            await asyncio.sleep(0.5)  # more would be too many requests
    return answer.content
