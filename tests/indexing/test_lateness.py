"""Searches say so where texts have waited for the model for long."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from app.embedders import openai
from app.indexing import health, registry
from app.indexing.queue import QUEUE
from app.metrics.stored import stored
from app.queues.taker import Taker
from tests.api import SECRET, Api, serving
from tests.factories import Tenant, make_tenant
from tests.indexing.conftest import Site

SEARCH = """query ($id: ID!) {
  meaning: searchTasks(organizationId: $id, query: "login", mode: SEMANTIC) { degraded }
  words: searchTasks(organizationId: $id, query: "login", mode: FULL_TEXT) { degraded }
}"""


async def degraded(api: Api, tenant: Tenant) -> list[list[str]]:
    found = await api.data(SEARCH, who=tenant.owner, id=str(tenant.id))
    return [found["meaning"]["degraded"], found["words"]["degraded"]]


async def until(api: Api, tenant: Tenant, expected: list[list[str]]) -> None:
    async with asyncio.timeout(10):
        while await degraded(api, tenant) != expected:  # noqa: ASYNC110  # the answer has to be asked for
            await asyncio.sleep(0.05)


async def test_a_search_that_lacks_a_text_for_long_is_degraded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ("RARELY", 1), ("FOLLOWING", 0.05):
        monkeypatch.setattr(registry, name, value)
    monkeypatch.setattr(health, "LATE", timedelta(seconds=0.5))
    monkeypatch.setattr(openai, "FIRST_WAIT", 0.01)
    site.server.failing = {"Task 1"}
    late = await site.tenant(1)
    other = await make_tenant(site.superuser)
    settings = site.models.settings.model_copy(update={"jwt_secret": SecretStr(SECRET)})
    async with serving(settings) as api:
        await until(api, late, [["SEMANTIC"], []])
        assert await degraded(api, other) == [[], []]

        await site.superuser.execute("UPDATE embedding_jobs SET parked_at = now()")
        await until(api, late, [[], []])


async def test_a_text_has_waited_since_it_was_first_queued_whatever_was_tried(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.metrics.stored.LONGEST", 60.0)
    site.server.failing = {"Task 1"}
    tenant = await site.tenant(2)
    await site.superuser.execute("UPDATE embedding_jobs SET waiting_since = now() - interval '10 minutes'")
    await site.work()  # the other is embedded, this one put off
    await site.superuser.execute("UPDATE embedding_jobs SET due_at = now()")
    taker = Taker(QUEUE, site.database)
    await taker.give_back(await taker.take())

    told = await stored(site.database)
    found = await health.examine(site.database)
    (job,) = await site.superuser.fetch(
        "SELECT attempts, now() - due_at < interval '1 minute' AS anew FROM embedding_jobs"
    )
    assert (job["attempts"] > 0, job["anew"]) == (True, True)
    assert 'trellis_queue_waiting{queue="embeddings"} 1\n' in told["trellis_queue_waiting"]
    age = float(told["trellis_queue_oldest_seconds"].partition("\n")[0].rpartition(" ")[2])
    assert 600 <= age < 660
    # The doctor and searches count it from the same moment.
    assert found.oldest is not None
    assert timedelta(seconds=600) <= datetime.now(UTC) - found.oldest < timedelta(seconds=660)
    assert await health.late_organizations(site.database) == {tenant.id}
