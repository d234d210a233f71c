"""After an upgrade all texts get the words that are found in them now, beside everything else."""

import asyncio

from app.indexing.rereading import BATCH, Rereader
from app.main import SEARCHABLES
from tests.factories import Tenant, make_tenant
from tests.indexing.conftest import Site
from tests.locks import until_waiting

TITLES = "UPDATE tasks SET title = 'Réunion ' || number WHERE organization_id = $1"
FORMER = """
INSERT INTO search_texts (organization_id, kind, subject_id, content, content_hash)
SELECT organization_id, 'TASK', id, to_tsvector('english', title),
       sha256(convert_to(title || E'\\n' || coalesce(description, ''), 'UTF8'))
FROM tasks WHERE organization_id = $1
"""
UNREAD = """
INSERT INTO search_word_totals (organization_id, kind, texts, reread_after)
VALUES ($1, 'TASK', $2, '00000000-0000-0000-0000-000000000000')
"""
FOUND = """
SELECT count(*) FROM search_texts
WHERE organization_id = $1 AND content @@ 'reunion'::tsquery AND content @@ 'réunion:C'::tsquery
"""
TOTALS = "SELECT reread_after, changed FROM search_word_totals WHERE organization_id = $1"


async def former(site: Site, tasks: int) -> Tenant:
    """An organization whose texts have the words that an earlier release found in them."""
    tenant = await make_tenant(site.superuser, tasks=tasks)
    await site.superuser.execute(TITLES, tenant.id)
    await site.superuser.execute(FORMER, tenant.id)
    await site.superuser.execute(UNREAD, tenant.id, tasks)
    return tenant


async def test_all_texts_are_read_and_their_words_are_due_to_be_counted(site: Site) -> None:
    tenants = [await former(site, tasks) for tasks in (1, BATCH, 2 * BATCH + 1)]
    rereader = Rereader(site.database, SEARCHABLES)

    turns = 0
    while await rereader.work():
        turns += 1
    assert turns == 1 + 2 + 3  # of a full batch it is not known that it is the last
    found = [await site.superuser.fetchval(FOUND, tenant.id) for tenant in tenants]
    assert found == [1, BATCH, 2 * BATCH + 1]
    totals = [tuple(await site.superuser.fetchrow(TOTALS, tenant.id) or ()) for tenant in tenants]
    assert totals == [(None, 1), (None, BATCH), (None, 2 * BATCH + 1)]


async def test_what_somebody_writes_meanwhile_stays_as_they_write_it(site: Site) -> None:
    tenant = await former(site, 3)
    writing = site.superuser.transaction()
    await writing.start()
    await site.superuser.execute("UPDATE tasks SET title = 'New' WHERE id = $1", tenant.tasks[0])
    await site.superuser.execute(
        "UPDATE search_texts SET content = 'new', content_hash = sha256('New\n') WHERE subject_id = $1", tenant.tasks[0]
    )
    coming = asyncio.create_task(Rereader(site.database, SEARCHABLES).work())
    await until_waiting(site.superuser)
    await writing.commit()

    assert await coming
    assert await site.superuser.fetchval(FOUND, tenant.id) == 2
    content = "SELECT content::text FROM search_texts WHERE subject_id = $1"
    assert await site.superuser.fetchval(content, tenant.tasks[0]) == "'new'"


async def test_two_processes_do_not_read_the_same(site: Site) -> None:
    tenant = await former(site, 1)
    async with site.superuser.transaction():
        await site.superuser.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('rereading', uuid_hash_extended($1, 0)))", tenant.id
        )
        assert await Rereader(site.database, SEARCHABLES).work() is False

    assert await Rereader(site.database, SEARCHABLES).work() is True
