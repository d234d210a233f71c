"""A server that is killed while it cuts a document loses nothing: another takes the document up where it was."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from app.chunking.process import Processor
from app.config import Settings
from app.db.engine import Database
from tests.api import SECRET
from tests.chunking.test_process import CHUNKS, TEXTS, make_document, state
from tests.factories import make_tenant
from tests.processes import ROOT, environment

SERVER = """
import asyncio, sys
from app.config import Settings
from app.db.engine import Database
from app.chunking.process import Processor

async def work() -> None:
    processor = Processor(Database.open(Settings(database_url=sys.argv[1])), lambda: None)
    while await processor.work():
        pass

asyncio.run(work())
"""
LONG = "1234567890" * 30_000  # 2,500 chunks
# Two moments: between the two transactions, and in the midst of the second.
MOMENTS = {
    "cutting": "SELECT status = 'PROCESSING' FROM documents WHERE id = $1",
    "writing": "SELECT count(*) > 0 FROM pg_stat_activity, documents WHERE datname = current_database()"
    " AND query LIKE 'INSERT INTO document_chunks%' AND documents.id = $1",
}


@pytest.fixture
async def made(new_database: Callable[[], Awaitable[Any]]) -> Any:
    return await new_database()


@pytest.fixture
async def superuser(made: Any) -> AsyncIterator["asyncpg.Connection[Any]"]:
    connection = await asyncpg.connect(made.superuser_url)
    yield connection
    await connection.close()


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
async def test_nothing_is_lost(made: Any, superuser: "asyncpg.Connection[Any]", moment: str) -> None:
    tenant = await make_tenant(superuser)
    document_id = await make_document(superuser, tenant, LONG)
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SERVER, made.runtime_url), cwd=ROOT, env=environment()
    )
    async with asyncio.timeout(60):
        while not await superuser.fetchval(moment, document_id):  # noqa: ASYNC110  # PostgreSQL tells nobody
            await asyncio.sleep(0.005)
    server.kill()
    assert await server.wait() == -signal.SIGKILL
    assert await state(superuser, document_id) == ("PROCESSING", 1, None, 0, False)

    database = Database.open(Settings(database_url=made.runtime_url, jwt_secret=SecretStr(SECRET)))
    processor = Processor(database, lambda: None)
    too_early = await processor.work()
    await superuser.execute("UPDATE documents SET due_at = now() WHERE id = $1", document_id)  # three minutes later
    in_time = await processor.work()
    await database.close()

    chunks = await superuser.fetch(CHUNKS, document_id)
    assert (too_early, in_time) == (False, True)
    assert await state(superuser, document_id) == ("COMPLETED", 2, None, len(chunks), True)
    assert [row["index"] for row in chunks] == list(range(len(chunks)))
    queued = [row["subject_id"] for row in await superuser.fetch(TEXTS, tenant.id) if row["due_at"]]
    assert sorted(queued) == sorted(row["id"] for row in chunks)
