"""Refreshing statistics: as the server's role, of what has been filled, and never in anybody's way."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from app.db.analyze import analyze
from app.demo.tasks import Size, demo_rows, plan_demo
from app.importer.tasks import load
from tests.conftest import Database
from tests.factories import make_tenant
from tests.ranking.texts import make_searchable

NewDatabase = Callable[..., Awaitable[Database]]
ANALYZED = "SELECT analyze_count FROM pg_stat_user_tables WHERE relname = $1"
KNOWN = "SELECT reltuples FROM pg_class WHERE relname = 'tasks'"
EXPRESSIONS = (
    "SELECT count(*) FROM pg_stats WHERE tablename = ANY ($1) OR (tablename, attname) = ('search_texts', 'content')"
)


async def fill(superuser: "asyncpg.Connection[Any]", tasks: int) -> None:
    await make_tenant(superuser, tasks=tasks)
    await superuser.execute("SELECT pg_stat_force_next_flush()")


@pytest.fixture
async def filled(new_database: NewDatabase) -> Any:
    """A database with 300 tasks that nobody has analyzed, as its superuser and as the server see it."""
    made = await new_database()
    superuser, runtime = await asyncpg.connect(made.superuser_url), await asyncpg.connect(made.runtime_url)
    await fill(superuser, 300)
    yield superuser, runtime
    await superuser.close()
    await runtime.close()


async def test_the_server_refreshes_what_has_been_filled_and_nothing_twice(filled: Any) -> None:
    superuser, runtime = filled
    known = []
    for tasks in (0, 1, 29, 10):  # of 300 a tenth and 50 more must have changed
        await fill(superuser, tasks)
        await analyze(runtime)
        known.append((await superuser.fetchval(KNOWN), await superuser.fetchval(ANALYZED, "tasks")))

    assert known == [(300, 1), (300, 1), (300, 1), (300, 1)]
    await fill(superuser, 50)
    await analyze(runtime)
    assert (await superuser.fetchval(KNOWN), await superuser.fetchval(ANALYZED, "tasks")) == (390, 2)
    assert await superuser.fetchval(ANALYZED, "documents") == 0


async def test_what_nothing_is_known_of_is_refreshed_though_nothing_changed(filled: Any) -> None:
    """As after pg_upgrade."""
    superuser, runtime = filled
    await analyze(runtime)
    await superuser.execute("UPDATE pg_class SET reltuples = -1 WHERE oid = 'tasks'::regclass")
    await analyze(runtime)
    await analyze(runtime)

    assert (await superuser.fetchval(KNOWN), await superuser.fetchval(ANALYZED, "tasks")) == (300, 2)


@pytest.mark.parametrize("mode", ["SHARE UPDATE EXCLUSIVE", "ACCESS EXCLUSIVE"])
async def test_it_waits_for_nobody(filled: Any, mode: str) -> None:
    superuser, runtime = filled
    async with superuser.transaction(), asyncio.timeout(30):
        await superuser.execute(f"LOCK TABLE tasks, embedding_jobs IN {mode} MODE")  # one is filled and one is empty
        await analyze(runtime)

    assert await superuser.fetchval(ANALYZED, "tasks") == 0
    assert await superuser.fetchval(ANALYZED, "documents") == 0  # of which there is none
    await analyze(runtime)
    assert await superuser.fetchval(ANALYZED, "tasks") == 1


async def test_who_comes_second_goes_away(filled: Any) -> None:
    superuser, runtime = filled
    async with superuser.transaction(), asyncio.timeout(5):
        await superuser.execute("SELECT pg_advisory_xact_lock(hashtextextended('trellis_analyze', 0))")
        await analyze(runtime)

    assert await superuser.fetchval(ANALYZED, "tasks") == 0


async def test_a_failure_is_a_line_in_the_log(new_database: NewDatabase, caplog: pytest.LogCaptureFixture) -> None:
    connection = await asyncpg.connect((await new_database(migrated=False)).owner_url)
    with caplog.at_level(logging.WARNING, "trellis"):
        await analyze(connection)
        await connection.close()

    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("statistics of the tables could not be refreshed: ")


async def test_nobody_else_may(new_database: NewDatabase) -> None:
    superuser = await asyncpg.connect((await new_database()).superuser_url)
    roles = await superuser.fetch(
        "SELECT rolname FROM pg_roles WHERE has_function_privilege(rolname, 'trellis_analyze()', 'EXECUTE')"
        " AND NOT rolsuper ORDER BY 1"
    )
    await superuser.close()

    assert [row["rolname"] for row in roles] == ["trellis", "trellis_owner", "trellis_runtime"]


async def test_nothing_is_computed_that_no_plan_needs(new_database: NewDatabase) -> None:
    """The terms of each text, and the trigrams of each word, would take most of the time."""
    superuser = await asyncpg.connect((await new_database()).superuser_url)
    await make_searchable(superuser, [f"Login {number}" for number in range(60)])
    await superuser.execute("ANALYZE search_texts, search_words")
    found = await superuser.fetchval(EXPRESSIONS, ["ix_search_texts_terms", "ix_search_words_trigrams"])
    await superuser.close()

    assert found == 0


async def test_an_import_ends_with_it(new_database: NewDatabase) -> None:
    made = await new_database()
    size = Size(organizations=1, teams=1, tasks=120)
    await load(made.runtime_url, demo_rows(size), plan_demo(size), email="ada@example.com")
    superuser = await asyncpg.connect(made.superuser_url)
    known = [await superuser.fetchval(ANALYZED, table) for table in ("tasks", "search_texts", "embedding_jobs")]
    await superuser.close()

    assert known == [1, 1, 1]
