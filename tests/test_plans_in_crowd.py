"""Servers read about what they take, answer and change, whatever PostgreSQL knows, or believes, of all others."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from string import Template
from uuid import UUID

import pytest
from pydantic import SecretStr

from app.chunking.process import Processor
from app.config import Settings
from app.db.engine import Database
from app.exports.process import Exporter
from app.indexing import backfill
from app.indexing.embeddings import read_texts
from app.indexing.health import late_organizations
from app.indexing.queue import QUEUE, embedding, postpone
from app.indexing.registry import ModelRegistry
from app.indexing.retry import DAY, retry_parked
from app.indexing.word_counts import WordCounter
from app.indexing.worker import BATCH, Worker
from app.main import SEARCHABLES
from app.metrics.stored import stored
from app.postgres.server import Addresses
from app.purging.purge_job import purge_due
from app.queues.taker import Taker
from tests.actions import ACTIONS, document, make_target
from tests.api import SECRET, Api, serving
from tests.crowd import CHUNKS, OWN, STATES, Crowd, making_crowd
from tests.crowd_work import (
    OLD,
    fill_trash,
    give_up,
    give_work,
    keep_answers,
    queue_document,
    queue_export,
    queue_texts,
)
from tests.embedders.embedder_server import serving_embeddings
from tests.reading import Read, count_reads
from tests.test_statements import PLACES, ROOTS, fields, selection

FOR_EACH = 6  # rows that a statement may read of all tables for each that it takes: a text, its document, its vector …
FEW = 20  # rows for a statement that takes one
FACTOR = 4  # rows that a statement may read for each that it gives: a task with its team, and the roles that say so
TASKS = 20  # of each member in each team of an organization that is changed, which has 120
# What a mutation may read beyond FEW: what is under a team, or the whole organization.
LARGE = {
    "deleteTeam": 3 * TASKS,
    "restoreTeam": 3 * TASKS,
    "deleteOrganization": 6 * TASKS,
    "restoreOrganization": 6 * TASKS,
    "removeOrganizationMember": 3 * TASKS,
    "restoreOrganizationMember": 3 * TASKS,
}
RANKED = {"searchTasks", "searchDocuments"}  # see tests/ranking/test_plans.py, as for `Task.similar`
COUNTED = 3 * OWN // 6  # rows that a preview may count: what is under a team, or a person's
ROWS = 20  # that a model lacks
FORGET_VECTORS = """
WITH few AS (SELECT subject_id FROM embeddings WHERE organization_id = $1 AND kind = 'TASK' LIMIT $2),
     jobs AS (DELETE FROM embedding_jobs WHERE subject_id IN (SELECT subject_id FROM few))
DELETE FROM embeddings WHERE subject_id IN (SELECT subject_id FROM few)
"""
QUEUES = ("embedding_jobs", "documents", "exports")  # all of whose rows wait, or were given up
ANALYZING = "SELECT pg_advisory_lock(hashtextextended('trellis_analyze', 0))"


@dataclass
class Site:
    """What works over the crowd, as servers do; `reads` says of each statement what it read."""

    crowd: Crowd
    database: Database
    settings: Settings
    reads: list[Read]
    statistics: str

    def excessive(self, most: int) -> list[Read]:
        """Those statements that read more since this was last asked."""
        found = [one for one in self.reads if one.amount > most]
        self.reads.clear()
        return found


@pytest.fixture(scope="module")
async def crowd(addresses: Addresses) -> AsyncIterator[Crowd]:
    """Which nobody analyzes: for all that servers know, another is at it."""
    async with making_crowd(addresses, "crowd_at_work") as made:
        await give_work(made)
        await made.superuser.execute(ANALYZING)
        yield made


@pytest.fixture(scope="module", params=STATES)
async def site(crowd: Crowd, request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    """With statistics that are in one of the states."""
    await STATES[request.param](crowd)
    settings = Settings(database_url=crowd.url, jwt_secret=SecretStr(SECRET), pool_size=2)
    database = Database.open(settings)
    yield Site(crowd, database, settings, count_reads(database), request.param)
    await database.close()


async def test_each_step_of_a_batch_reads_the_batch(site: Site) -> None:
    organization_id = site.crowd.newest.id
    taker = Taker(QUEUE, site.database)
    await queue_texts(site.crowd)

    taken = await taker.take(BATCH)
    async with embedding(site.database, organization_id) as fetch:
        texts = await read_texts(fetch, SEARCHABLES, organization_id, taken)
        locked = await QUEUE.lock(fetch, taken, "subject_id")
    async with embedding(site.database, organization_id) as fetch:
        await QUEUE.give_back(fetch, taken)
    again = await taker.take(BATCH)
    async with embedding(site.database, organization_id) as fetch:
        await postpone(fetch, again, "It was refused.", timedelta(0))
    (alone,) = await taker.take(BATCH)
    async with embedding(site.database, organization_id) as fetch:
        await QUEUE.remove(fetch, [alone])

    assert (len(taken), len(texts), len(locked), len(again)) == (BATCH, BATCH, BATCH, BATCH)
    assert site.excessive(FOR_EACH * BATCH) == []


async def test_embedding_a_batch_reads_the_batch(site: Site) -> None:
    await site.crowd.superuser.execute("UPDATE embedding_models SET name = 'openai:test'")
    await queue_texts(site.crowd)
    async with serving_embeddings() as server:
        server.dimension = 256
        settings = site.settings.model_copy(update={"embedder_url": server.url})
        models = ModelRegistry(site.database, settings)
        embedded = await Worker(site.database, models, SEARCHABLES).work()
        await models.close()

    assert embedded == BATCH
    assert site.excessive(FOR_EACH * BATCH) == []


async def test_filling_a_model_reads_what_the_organization_has(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = site.crowd.newest

    async def only_newest(_database: Database) -> list[UUID]:
        return [newest.id]

    monkeypatch.setattr(backfill, "organization_ids", only_newest)
    await site.crowd.superuser.execute(FORGET_VECTORS, newest.id, ROWS)
    lacked = await backfill.missing(site.database, 1)
    queued = await backfill.queue_missing(site.database, 1)
    await backfill.remove_embeddings(site.database, 2)

    excessive = site.excessive(3 * (OWN + 4 * CHUNKS))  # each text, its vector and its job
    await queue_texts(site.crowd)

    assert excessive == []
    assert ROWS <= len(lacked) <= OWN
    assert ROWS <= queued <= OWN


async def test_looks_for_texts_that_were_given_up_read_no_others(site: Site) -> None:
    retried = await retry_parked(site.database, parked_for=2 * DAY + timedelta(hours=1))
    late = await late_organizations(site.database)

    assert (retried, late) == (0, set())
    assert site.excessive(0) == []


async def test_trying_texts_again_reads_those_that_were_given_up(site: Site) -> None:
    retried = await retry_parked(site.database, parked_for=DAY)
    read = sum(one.amount for one in site.reads)
    await give_up(site.crowd)

    assert retried > 50
    assert read <= 3 * retried  # for the organizations that they are of, and to queue them, beside what they were
    site.reads.clear()


async def test_counting_words_reads_the_texts_of_the_organization(site: Site) -> None:
    superuser, organization_id = site.crowd.superuser, site.crowd.newest.id
    await superuser.execute("UPDATE search_word_totals SET changed = 0, due_at = now()")
    await superuser.execute(
        "UPDATE search_word_totals SET changed = texts WHERE organization_id = $1 AND kind = 'TASK'", organization_id
    )
    counted = await WordCounter(site.database).work()
    words = await superuser.fetchval("SELECT count(*) FROM search_words WHERE organization_id = $1", organization_id)

    assert counted
    assert site.excessive(2 * OWN + 2 * words + FEW) == []


async def test_cutting_a_document_reads_its_chunks(site: Site) -> None:
    await queue_document(site.crowd)
    cut = await Processor(site.database, lambda: None).work()

    assert cut == 1
    assert site.excessive(FOR_EACH * CHUNKS) == []


async def test_keeping_an_export_reads_none_of_others(site: Site) -> None:
    await queue_export(site.crowd)
    written = await Exporter(site.database).work()

    assert written == 1
    assert site.excessive(FEW) == []


async def test_telling_what_waits_reads_what_waits(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.metrics.stored.LONGEST", 60.0)
    told = await stored(site.database)
    amounts = [await site.crowd.superuser.fetchval(f"SELECT count(*) FROM {table}") for table in QUEUES]

    assert told["trellis_database_up"] == "trellis_database_up 1\n"
    assert site.excessive(max(amounts) + FEW) == []  # the looks at what waits and at what was given up together


async def test_purging_reads_what_it_removes(site: Site) -> None:
    await keep_answers(site.crowd)
    await fill_trash(site.crowd)
    removed = await purge_due(site.database)
    answers = sum(one.rows["idempotency_keys"] for one in site.reads)

    assert (removed["idempotency_keys"], removed["tasks"]) == (OLD, 1)
    assert answers <= 2 * OLD + FEW  # to lock them, and to remove them
    assert [one for one in site.excessive(FEW) if one.amount > 2 * one.gave + FEW] == []


@pytest.fixture(scope="module")
async def client(site: Site) -> AsyncIterator[tuple[Api, list[Read]]]:
    """The application over the crowd, and what each statement of its requests read."""
    async with serving(site.settings) as api:
        yield api, count_reads(api.database)


@pytest.mark.parametrize("place", PLACES)
async def test_all_that_is_shown_of_a_page_is_looked_up(site: Site, client: tuple[Api, list[Read]], place: str) -> None:
    api, reads = client
    edges = [selection(edge) for edge in fields(leaf=False) if edge.startswith(f"{place}.") and edge != "Task.similar"]
    leaves = [leaf.partition(".")[2] for leaf in fields(leaf=True) if leaf.startswith(f"{place}.")]
    await api.data(named(site.crowd, PLACES[place].replace("SELECTION", " ".join([*edges, *leaves]))), who=owner(site))

    # Without any statistics a page may be sorted out of all that the organization has.
    assert excessive(reads, OWN + FEW if site.statistics == "none" else FEW) == []


@pytest.mark.parametrize("root", [root for root, (_, cost) in ROOTS.items() if cost and root not in RANKED])
async def test_what_is_asked_for_is_looked_up(site: Site, client: tuple[Api, list[Read]], root: str) -> None:
    api, reads = client
    await api.data(named(site.crowd, ROOTS[root][0]), who=owner(site))

    assert excessive(reads, COUNTED if root.endswith("Preview") else FEW) == []


# What a person has done is in all organizations that they ever were in.
@pytest.mark.parametrize("field", [field for field in ACTIONS if field != "eraseUser"])
async def test_a_mutation_looks_up_what_it_changes(site: Site, client: tuple[Api, list[Read]], field: str) -> None:
    api, reads = client
    action, superuser = ACTIONS[field], site.crowd.superuser
    tenant = await make_target(superuser, tasks=TASKS)
    who = tenant.owner.replace("person1", "person2") if "own_invitation" in action.field else tenant.owner
    if action.before:
        await api.data(document(action.before, tenant), who=who)
    deletion = await superuser.fetchval("SELECT deletion_id FROM tasks WHERE id = $1", tenant.tasks[2])
    reads.clear()
    body = await api.ask(document(action.field, tenant, deletion=deletion), who=who)

    assert ("errors" in body) == (action.allowed == set())
    assert excessive(reads, FEW + LARGE.get(field, 0)) == []


def excessive(reads: list[Read], beyond: int) -> list[Read]:
    """Statements that read far more than they gave, and so many beyond."""
    assert reads
    found = [one for one in reads if one.amount > FACTOR * one.gave + beyond]
    reads.clear()
    return found


def owner(site: Site) -> str:
    return site.crowd.newest.owner


def named(crowd: Crowd, selected: str) -> str:
    """A query in which `$slug` and so on stand for what the newest organization has."""
    newest = crowd.newest
    ids = {
        "slug": newest.slug,
        "organization": newest.id,
        "user": newest.users[0],
        "team": newest.teams[0],
        "task": newest.tasks[0],
        "other": newest.tasks[-1],
        "document": newest.documents[0],
    }
    return "{ " + Template(selected).substitute({name: f'"{value}"' for name, value in ids.items()}) + " }"
