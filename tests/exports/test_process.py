"""Writing exports in the background: what a worker leaves is taken up by another, and nobody writes into its file."""

import asyncio
import gzip
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from hashlib import sha512
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app import time_limits
from app.auth.secrets import EXPORT, hash_of, new_key
from app.config import Settings
from app.db.columns import new_id
from app.db.engine import Database, DatabaseUnavailable
from app.exports import process
from app.exports.process import Exporter
from tests.factories import Tenant, make_tenant
from tests.processes import ROOT, environment

WORKER = """
import asyncio, sys
from app import time_limits
from app.config import Settings
from app.db.engine import Database
from app.exports.process import Exporter

async def work() -> None:
    database = Database.open(Settings(database_url=sys.argv[1]), time_limits.BACKGROUND, size=2)
    await Exporter(database).work()
    await database.close()

asyncio.run(work())
"""
# Has the third piece of a file wait for a lock.
HOLD = """
CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END $$;
CREATE TRIGGER hold BEFORE INSERT ON export_chunks FOR EACH ROW WHEN (NEW.index = 2) EXECUTE FUNCTION hold()
"""
# Waits for whom a test holds up, however slow the machine is.
PATIENT = time_limits.WorkLimits(connection=60, statement=60, lock=60)
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@pytest.fixture
async def made(new_database: Callable[[], Awaitable[Any]]) -> Any:
    return await new_database()


@pytest.fixture
async def superuser(made: Any) -> AsyncIterator["asyncpg.Connection[Any]"]:
    connection = await asyncpg.connect(made.superuser_url)
    yield connection
    await connection.close()


@pytest.fixture
async def connections(made: Any) -> AsyncIterator[Database]:
    database = Database.open(Settings(database_url=made.runtime_url), PATIENT, size=2)
    yield database
    await database.close()


async def make_export(superuser: "asyncpg.Connection[Any]", tenant: Tenant, *, due: str = "0 s") -> UUID:
    """An export that waits to be written."""
    export_id = new_id()
    await superuser.execute(
        "INSERT INTO exports (organization_id, id, due_at, secret_hashes, created_at, updated_at)"
        " VALUES ($1, $2, now() + $3::text::interval, ARRAY[$4::bytea], now(), now())",
        *(tenant.id, export_id, due, hash_of(new_key(export_id, EXPORT))),
    )
    return export_id


async def make_large(superuser: "asyncpg.Connection[Any]", tenant: Tenant) -> None:
    """Gives the tenant's documents texts of which gzip leaves a half."""
    for place, document_id in enumerate(tenant.documents):
        text = "".join(sha512(f"{place} {part}".encode()).hexdigest() for part in range(8_000))
        await superuser.execute("UPDATE document_texts SET text = $2 WHERE document_id = $1", document_id, text)


async def state(superuser: "asyncpg.Connection[Any]", export_id: UUID) -> tuple[Any, ...]:
    row = await superuser.fetchrow("SELECT status, attempts, error FROM exports WHERE id = $1", export_id)
    assert row is not None
    return tuple(row)


async def file_of(superuser: "asyncpg.Connection[Any]", export_id: UUID) -> bytes:
    rows = await superuser.fetch("SELECT data FROM export_chunks WHERE export_id = $1 ORDER BY index", export_id)
    return b"".join(row["data"] for row in rows)


async def blocked(superuser: "asyncpg.Connection[Any]") -> None:
    async with asyncio.timeout(60):
        while not await superuser.fetchval(WAITING):  # noqa: ASYNC110  # PostgreSQL tells nobody
            await asyncio.sleep(0.01)


async def test_a_large_one_is_kept_in_pieces(superuser: "asyncpg.Connection[Any]", connections: Database) -> None:
    tenant = await make_tenant(superuser, documents=6, teams=5)
    await make_large(superuser, tenant)
    export_id = await make_export(superuser, tenant)

    assert await Exporter(connections).work() == 1

    sizes = await superuser.fetch(
        "SELECT octet_length(data) FROM export_chunks WHERE export_id = $1 ORDER BY index", export_id
    )
    file = await file_of(superuser, export_id)
    assert await state(superuser, export_id) == ("COMPLETED", 1, None)
    assert [size for (size,) in sizes[:-1]] == [1024 * 1024] * (len(sizes) - 1)
    assert len(sizes) > 2
    assert len(file) == await superuser.fetchval("SELECT size FROM exports WHERE id = $1", export_id)
    assert gzip.decompress(file).splitlines()[-1].startswith(b'{"type":"end"')


async def test_nothing_due_is_no_work(superuser: "asyncpg.Connection[Any]", connections: Database) -> None:
    tenant = await make_tenant(superuser)
    await make_export(superuser, tenant, due="1 s")

    assert await Exporter(connections).work() == 0


async def test_organizations_take_turns(superuser: "asyncpg.Connection[Any]", connections: Database) -> None:
    tenants = [await make_tenant(superuser) for _ in range(3)]
    ids = [await make_export(superuser, tenant) for tenant in tenants]
    exporter = Exporter(connections)

    for _ in range(3):
        await exporter.work()

    assert [await state(superuser, one) for one in ids] == [("COMPLETED", 1, None)] * 3


async def test_a_killed_worker_s_is_another_s_when_the_lease_is_over(
    made: Any, superuser: "asyncpg.Connection[Any]", connections: Database
) -> None:
    """It is killed while half of the file is kept: the other begins anew."""
    tenant = await make_tenant(superuser, documents=6, teams=5)
    await make_large(superuser, tenant)
    export_id = await make_export(superuser, tenant)
    await superuser.execute(HOLD)
    blocker = await asyncpg.connect(made.superuser_url)
    await blocker.execute("SELECT pg_advisory_lock(1)")
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WORKER, made.runtime_url), cwd=ROOT, env=environment()
    )
    await blocked(superuser)
    worker.kill()
    assert await worker.wait() == -signal.SIGKILL
    await blocker.close()

    killed = await state(superuser, export_id)
    kept = await superuser.fetchval("SELECT count(*) FROM export_chunks WHERE export_id = $1", export_id)
    too_early = await Exporter(connections).work()
    await superuser.execute("UPDATE exports SET due_at = now() WHERE id = $1", export_id)  # three minutes later
    in_time = await Exporter(connections).work()

    assert (killed, kept) == (("RUNNING", 1, None), 2)
    assert (too_early, in_time) == (0, 1)
    assert await state(superuser, export_id) == ("COMPLETED", 2, None)
    assert gzip.decompress(await file_of(superuser, export_id)).splitlines()[-1].startswith(b'{"type":"end"')


async def test_who_has_lost_the_lease_writes_nothing_any_more(
    made: Any, superuser: "asyncpg.Connection[Any]", connections: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """As somebody who slept over it: meanwhile another has written all."""
    tenant = await make_tenant(superuser, documents=6, teams=5)
    await make_large(superuser, tenant)
    export_id = await make_export(superuser, tenant)
    blocker = await asyncpg.connect(made.superuser_url)
    await blocker.execute("BEGIN; LOCK TABLE document_texts")
    slow = asyncio.create_task(Exporter(connections).work())
    await blocked(superuser)
    await superuser.execute("UPDATE exports SET due_at = now() WHERE id = $1", export_id)
    other = Database.open(Settings(database_url=made.runtime_url), PATIENT, size=2)
    quick = asyncio.create_task(Exporter(other).work())
    async with asyncio.timeout(60):
        while (await state(superuser, export_id))[1] < 2:  # noqa: ASYNC110  # PostgreSQL tells nobody
            await asyncio.sleep(0.01)

    await blocker.close()
    await asyncio.gather(slow, quick)
    await other.close()

    assert await state(superuser, export_id) == ("COMPLETED", 2, None)
    assert f"export {export_id} is somebody else's by now" in caplog.messages
    file = await file_of(superuser, export_id)
    assert len(file) == await superuser.fetchval("SELECT size FROM exports WHERE id = $1", export_id)
    assert gzip.decompress(file).splitlines()[-1].startswith(b'{"type":"end"')


async def test_a_server_that_stops_gives_it_back(
    made: Any, superuser: "asyncpg.Connection[Any]", connections: Database
) -> None:
    tenant = await make_tenant(superuser, documents=1)
    export_id = await make_export(superuser, tenant)
    blocker = await asyncpg.connect(made.superuser_url)
    await blocker.execute("BEGIN; LOCK TABLE document_texts")
    working = asyncio.create_task(Exporter(connections).work())
    await blocked(superuser)

    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    await blocker.close()

    assert await state(superuser, export_id) == ("PENDING", 0, None)
    assert await Exporter(connections).work() == 1
    assert await state(superuser, export_id) == ("COMPLETED", 1, None)


async def test_what_cannot_be_written_is_tried_again_and_then_told(
    superuser: "asyncpg.Connection[Any]", connections: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the former file stays."""
    tenant = await make_tenant(superuser)
    export_id = await make_export(superuser, tenant)

    async def fails(*_given: Any) -> int:
        raise asyncpg.QueryCanceledError("canceling statement due to statement timeout")

    monkeypatch.setattr(process, "count", fails)
    waits = []
    for _ in range(process.MOST_ATTEMPTS):
        await Exporter(connections).work()
        waits.append(
            await superuser.fetchval(
                "SELECT round(extract(epoch FROM due_at - now())) FROM exports WHERE id = $1", export_id
            )
        )
        await superuser.execute("UPDATE exports SET due_at = now() WHERE id = $1 AND due_at IS NOT NULL", export_id)

    assert waits == [2, 4, 8, 16, None]
    assert await state(superuser, export_id) == ("FAILED", 5, process.REFUSED)
    assert await superuser.fetchval("SELECT count(*) FROM exports WHERE organization_id = $1", tenant.id) == 2


async def test_a_database_that_is_away_is_no_fault_of_it(
    superuser: "asyncpg.Connection[Any]", connections: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = await make_tenant(superuser)
    export_id = await make_export(superuser, tenant)

    async def away(*_given: Any) -> int:
        raise DatabaseUnavailable("It is away.")

    monkeypatch.setattr(process, "count", away)
    with pytest.raises(DatabaseUnavailable):
        await Exporter(connections).work()

    assert await state(superuser, export_id) == ("PENDING", 0, None)


async def test_one_that_kills_whoever_writes_it_is_given_up(
    superuser: "asyncpg.Connection[Any]", connections: Database
) -> None:
    tenant = await make_tenant(superuser)
    export_id = await make_export(superuser, tenant)
    await superuser.execute("UPDATE exports SET attempts = $2 WHERE id = $1", export_id, process.MOST_ATTEMPTS)

    await Exporter(connections).work()

    assert await state(superuser, export_id) == ("FAILED", 6, process.KILLED)
