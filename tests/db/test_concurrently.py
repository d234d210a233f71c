"""Migrations beside others: whom they wait for, what they say of it, and that they can be run again."""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app.db.concurrently import build_index, drop_index
from app.migrations.fingerprint import differences, expected, things
from app.migrations.migrate import MigrationFailed, migrate
from tests.factories import make_tenant
from tests.migrations.test_migrate import alembic, fetch

VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('ix_tasks_estimate')"
INVALIDATE = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{}'::regclass"
WAITS = """
SELECT count(*) FROM pg_stat_activity
WHERE query LIKE 'CREATE INDEX CONCURRENTLY%' AND wait_event_type = 'Lock' AND datname = current_database()
"""


async def test_an_index_waits_for_a_backup_and_takes_the_place_of_what_was_left(new_database: Any) -> None:
    made = await new_database()
    await fill(made)
    await fetch(made.owner_url, "CREATE INDEX ix_tasks_estimate ON tasks (estimate)")
    await fetch(made.superuser_url, INVALIDATE.format("ix_tasks_estimate"))
    backup = await asyncpg.connect(made.superuser_url)
    await backup.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class")

    building = asyncio.create_task(as_revision(made, build_index_of_estimates))
    async with asyncio.timeout(20):
        while not await fetch(made.superuser_url, WAITS):  # noqa: ASYNC110  # PostgreSQL sends no event
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.3)  # thrice what the connection would wait for a lock
    unfinished = not building.done()
    await backup.close()
    await building

    assert unfinished
    assert await fetch(made.owner_url, VALID) is True


async def test_an_index_is_dropped_and_built_as_often_as_one_likes(new_database: Any) -> None:
    made = await new_database()
    await fill(made)
    found = []
    for step in (build_index_of_estimates, build_index_of_estimates, drop_it, drop_it):
        await as_revision(made, step)
        found.append(await fetch(made.owner_url, VALID))

    assert found == [True, True, None, None]


async def test_half_of_a_revision_that_an_earlier_version_left_is_completed(new_database: Any) -> None:
    made = await new_database(migrated=False)
    alembic(made.owner_url, "upgrade", "2026_11_22_api_keys")
    await fetch(made.owner_url, "UPDATE alembic_version SET version_num = '2026_11_22_ranking'")
    await fetch(made.superuser_url, INVALIDATE.format("ix_events_api_key"))

    await asyncio.to_thread(migrate, made.owner_url, made.runtime_url)

    connection = await asyncpg.connect(made.runtime_url)
    assert differences(await things(connection), expected()) == []
    await connection.close()


async def test_a_migration_says_for_whom_it_waits_and_can_be_run_again(
    new_database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await new_database(migrated=False)
    alembic(made.owner_url, "upgrade", "2026_11_22_ranking")
    monkeypatch.setattr("app.time_limits.MIGRATION_LOCK", 2.5)
    reader = await asyncpg.connect(made.superuser_url, server_settings={"application_name": "pg_dump"})
    await reader.execute("BEGIN; LOCK TABLE events IN ACCESS SHARE MODE")
    told: list[str] = []

    with pytest.raises(MigrationFailed) as refused:
        await asyncio.to_thread(migrate, made.owner_url, made.runtime_url, told.append)
    revision = await fetch(made.owner_url, "SELECT version_num FROM alembic_version")
    process = await reader.fetchval("SELECT pg_backend_pid()")
    await reader.close()
    await asyncio.to_thread(migrate, made.owner_url, made.runtime_url, told.append)

    assert len(told) == 1
    assert told[0].startswith(f"Waiting for PostgreSQL's process {process} (postgres pg_dump")
    assert str(refused.value).startswith("A migration failed (canceling statement due to lock timeout while it waited ")
    assert f"process {process} (postgres pg_dump" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert revision == "2026_11_22_ranking"


async def test_a_database_of_a_newer_version_is_told_so(new_database: Any) -> None:
    made = await new_database()
    await fetch(made.owner_url, "UPDATE alembic_version SET version_num = 'of_tomorrow'")

    with pytest.raises(MigrationFailed, match="a newer version of Trellis has migrated this database"):
        await asyncio.to_thread(migrate, made.owner_url, made.runtime_url)


async def fill(made: Any) -> None:
    """Gives the tables rows: on those that have none nobody is to be waited for."""
    superuser = await asyncpg.connect(made.superuser_url)
    await make_tenant(superuser)
    await superuser.close()


def build_index_of_estimates() -> None:
    build_index("ix_tasks_estimate", "tasks", ["estimate"])


def drop_it() -> None:
    drop_index("ix_tasks_estimate", "tasks")


async def as_revision(made: Any, step: Callable[[], None]) -> None:
    """Runs a step as Alembic runs a revision, where who waits for a lock is given 100 ms."""

    async def connect() -> "asyncpg.Connection[Any]":
        return await asyncpg.connect(made.owner_url, server_settings={"lock_timeout": "100ms"})

    def run(connection: Connection) -> None:
        context = MigrationContext.configure(connection)
        with Operations.context(context), context.begin_transaction():
            step()

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
