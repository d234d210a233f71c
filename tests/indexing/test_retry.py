"""What was given up is tried again."""

import asyncio
from datetime import timedelta

import pytest

from app.indexing import retry
from app.indexing.retry import DAY, retry_parked, retry_regularly
from tests.indexing.conftest import Site

PARK = """
UPDATE embedding_jobs
SET attempts = 5, error = 'No', parked_at = now() - $2::interval, waiting_since = now() - $2::interval
WHERE subject_id = $1
"""
JOBS = """
SELECT attempts, error, parked_at IS NOT NULL AS parked, due_at < now() - '23 h'::interval AS behind,
       waiting_since > now() - '1 min'::interval AS recent FROM embedding_jobs WHERE subject_id = $1
"""


async def job(site: Site, subject_id: object) -> tuple[object, ...]:
    return tuple(await site.superuser.fetchrow(JOBS, subject_id) or ())


async def test_only_what_is_parked_is_tried_again(site: Site) -> None:
    parked, waiting = (await site.tenant(2)).tasks
    await site.superuser.execute(PARK, parked, timedelta(minutes=5))
    await site.superuser.execute("UPDATE embedding_jobs SET attempts = 2, error = 'No' WHERE subject_id = $1", waiting)

    assert await retry_parked(site.database) == 1
    assert await job(site, parked) == (0, None, False, True, True)
    assert await job(site, waiting) == (2, "No", False, False, True)


async def test_once_a_day_a_server_tries_once_more_and_alone(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "PAUSE", 0.01)
    old, new = [(await site.tenant(1)).tasks[0] for _ in range(2)]
    await site.superuser.execute(PARK, old, DAY)
    await site.superuser.execute(PARK, new, DAY - timedelta(minutes=5))
    retrying = asyncio.create_task(retry_regularly(site.database))
    async with asyncio.timeout(5):
        while (await job(site, old))[2]:  # noqa: ASYNC110  # PostgreSQL sends no event
            await asyncio.sleep(0.02)
    retrying.cancel()
    await asyncio.wait({retrying})

    assert await job(site, old) == (4, None, False, True, True)
    assert await job(site, new) == (5, "No", True, False, False)
    site.server.failing = {"Task 1"}
    await site.work()
    assert (await job(site, old))[:3] == (
        5,
        "openai:test answers 500: " + '{"error": {"message": "this is a 500"}}',
        True,
    )
