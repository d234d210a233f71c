"""What a model lacks: found to the text, and queued behind what people write."""

from datetime import UTC, datetime, timedelta

from app.indexing.backfill import Lacked, amount_due, missing, moment, queue_missing
from app.indexing.health import examine
from tests.factories import Tenant
from tests.indexing.conftest import Site

ACTIVE = 1
OTHER = 2
ADD_MODEL = "INSERT INTO embedding_models (id, name, dimension, state) VALUES ($1, 'openai:other', 256, 'building')"
WRITE = "UPDATE search_texts SET content_hash = sha256('Changed') WHERE subject_id = $1"
JOBS = """
SELECT subject_id, attempts, error, parked_at IS NOT NULL AS parked, due_at - now() < '-23 h'::interval AS behind
FROM embedding_jobs ORDER BY subject_id
"""
FAIL = "UPDATE embedding_jobs SET attempts = $2, error = 'No', parked_at = $3 WHERE subject_id = $1"
HASH = "SELECT content_hash FROM search_texts WHERE subject_id = $1"


async def jobs(site: Site) -> list[tuple[object, ...]]:
    return [tuple(row) for row in await site.superuser.fetch(JOBS)]


async def embedded(site: Site, tasks: int) -> Tenant:
    tenant = await site.tenant(tasks)
    await site.work()
    return tenant


async def test_a_text_that_has_changed_is_lacking(site: Site) -> None:
    tenant = await embedded(site, 2)
    await site.superuser.execute(WRITE, tenant.tasks[0])

    assert await missing(site.database, ACTIVE) == {
        Lacked(tenant.tasks[0], await site.superuser.fetchval(HASH, tenant.tasks[0]))
    }
    assert await queue_missing(site.database, ACTIVE) == 1
    assert await jobs(site) == [(tenant.tasks[0], 0, None, False, True)]


async def test_what_another_model_has_is_lacking(site: Site) -> None:
    tenant = await embedded(site, 2)
    await site.superuser.execute(ADD_MODEL, OTHER)

    assert await queue_missing(site.database, ACTIVE) == 0
    assert await queue_missing(site.database, OTHER) == 2
    assert [row[0] for row in await jobs(site)] == sorted(tenant.tasks)


async def test_only_what_searches_lack_counts_as_waiting(site: Site) -> None:
    """A model that is being filled keeps nobody from finding anything."""
    await embedded(site, 2)
    await site.superuser.execute(ADD_MODEL, OTHER)
    await queue_missing(site.database, OTHER)
    assert (await examine(site.database)).oldest is None

    await site.superuser.execute("DELETE FROM embedding_jobs; DELETE FROM embeddings")
    await queue_missing(site.database, ACTIVE)
    assert (await examine(site.database)).oldest == await site.superuser.fetchval(
        "SELECT min(due_at) + '1 day' FROM embedding_jobs"
    )


async def test_what_a_model_failed_at_is_lacking_no_more(site: Site) -> None:
    tenant = await site.tenant(2)
    await site.superuser.execute(FAIL, tenant.tasks[0], 5, datetime.now(UTC))

    assert {lacked.subject_id for lacked in await missing(site.database, ACTIVE)} == {tenant.tasks[1]}


async def test_what_is_parked_or_due_later_is_not_due(site: Site) -> None:
    parked, later, due = (await site.tenant(3)).tasks
    now = await moment(site.database)
    await site.superuser.execute("UPDATE embedding_jobs SET due_at = $2 WHERE subject_id = $1", due, now)
    await site.superuser.execute(
        "UPDATE embedding_jobs SET due_at = $2 WHERE subject_id = $1", later, now + timedelta(seconds=1)
    )
    await site.superuser.execute(FAIL, parked, 5, now)

    assert await amount_due(site.database, now) == 1
    await site.superuser.execute("DELETE FROM embedding_jobs WHERE subject_id = $1", due)
    assert await amount_due(site.database, now) == 0
