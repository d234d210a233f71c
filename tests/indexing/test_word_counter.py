"""Words are counted beside everything else: what it takes too long for, or fails at, delays nothing and nobody."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from app.db.engine import Database
from app.embedders.embedder import EmbedderUnavailable
from app.indexing.word_counts import WordCounter
from app.time_limits import WorkLimits
from tests.factories import Tenant
from tests.indexing.conftest import Site
from tests.locks import until_waiting

SOON = 0.3  # seconds
TOTALS = "SELECT texts, changed, due_at > now() AS later FROM search_word_totals WHERE organization_id = $1"
PASS = "UPDATE search_word_totals SET due_at = now()"  # as time does
COUNTED = "INSERT INTO search_words (organization_id, kind, lexeme, documents) VALUES ($1, 'TASK', 'old', 1)"


async def totals(site: Site, tenant: Tenant) -> tuple[int, int, bool]:
    return tuple(await site.superuser.fetchrow(TOTALS, tenant.id))  # type: ignore[arg-type]  # there is one


@asynccontextmanager
async def counting(site: Site, seconds: float = 10) -> AsyncIterator[WordCounter]:
    """Each count may take so long."""
    database = Database.open(site.models.settings, WorkLimits(connection=10, statement=seconds, lock=10), size=1)
    yield WordCounter(database)
    await database.close()


@asynccontextmanager
async def endless(site: Site, tenant: Tenant) -> AsyncIterator[None]:
    """As if there were so many words: nobody finishes counting those of the tenant."""
    await site.superuser.execute(COUNTED, tenant.id)
    holder: asyncpg.Connection[Any] = await asyncpg.connect(site.superuser_url)
    async with holder.transaction():
        await holder.execute("SELECT FROM search_words WHERE organization_id = $1 FOR UPDATE", tenant.id)
        yield
    await holder.close()


async def test_what_takes_too_long_to_count_is_left_for_later_and_keeps_nobody_waiting(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    large, small = [await site.tenant(3) for _ in range(2)]
    async with counting(site, SOON) as counter, endless(site, large):
        await site.work()
        assert [await counter.work() for _ in range(3)] == [True, True, False]

        assert await totals(site, large) == (0, 3, True)
        assert await totals(site, small) == (3, 0, False)
        await site.tenant(2)  # is embedded and counted all the same
        await site.work()
        assert [await counter.work() for _ in range(2)] == [True, False]
        assert [embedded for _, embedded, _, _ in await site.state()] == [True] * 8
    assert f"words of {large.id} could not be counted and will be in an hour" in caplog.text


async def test_it_is_counted_once_its_time_has_come(site: Site) -> None:
    tenant = await site.tenant(3)
    await site.work()
    async with counting(site, SOON) as counter, endless(site, tenant):
        await counter.work()
    await site.superuser.execute(PASS)

    async with counting(site) as counter:
        assert [await counter.work() for _ in range(2)] == [True, False]

    assert await totals(site, tenant) == (3, 0, False)
    words = await site.superuser.fetch("SELECT lexeme, documents FROM search_words ORDER BY lexeme")
    assert [tuple(row) for row in words] == [("1", 1), ("2", 1), ("3", 1), ("task", 3)]


async def test_who_embeds_does_not_wait_for_who_counts(site: Site) -> None:
    tenant = await site.tenant(3)
    await site.work()
    async with counting(site) as counter:
        async with endless(site, tenant):
            working = asyncio.create_task(counter.work())
            await until_waiting(site.superuser)
            await site.superuser.execute("UPDATE tasks SET title = 'Changed'")
            await site.queue(tenant)

            async with asyncio.timeout(5):
                await site.work()

            assert await totals(site, tenant) == (0, 6, True)
        assert await working
    assert await totals(site, tenant) == (3, 3, False)  # what has changed meanwhile is counted the next time


async def test_two_processes_do_not_count_the_same(site: Site) -> None:
    tenant = await site.tenant(3)
    await site.work()
    async with counting(site) as one, counting(site) as other:
        async with endless(site, tenant):
            working = asyncio.create_task(one.work())
            await until_waiting(site.superuser)
            assert await other.work() is False
        assert await working


async def test_words_of_texts_that_cannot_be_embedded_are_counted(site: Site) -> None:
    tenant = await site.tenant(3)
    site.server.status = 401
    with pytest.raises(EmbedderUnavailable):
        await site.work()

    async with counting(site) as counter:
        await counter.work()
    assert await totals(site, tenant) == (3, 0, False)


async def test_tables_that_have_grown_are_analyzed(site: Site) -> None:
    await site.tenant(60)
    await site.work()
    async with asyncio.timeout(20), counting(site) as counter:
        while await site.superuser.fetchval("SELECT reltuples FROM pg_class WHERE relname = 'search_texts'") < 60:
            await site.superuser.execute("SELECT pg_stat_force_next_flush()")  # which sessions do each second
            await site.superuser.execute("UPDATE search_word_totals SET changed = 60, due_at = now()")
            await counter.work()
