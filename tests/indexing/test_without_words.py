"""Texts without words: there is nothing to embed, which is no failure of the model."""

from typing import Any

import asyncpg
import pytest

from app.indexing.health import examine
from app.indexing.retry import retry_parked
from tests.api import Api
from tests.factories import Tenant
from tests.indexing.conftest import Site
from tests.indexing.test_fill import fill, in_a_hurry
from tests.ranking.test_search_tasks import search
from tests.ranking.texts import make_searchable

__all__ = ["in_a_hurry"]  # pytest takes it from here

EMOJI = "🎉👩‍👩‍👧"
RENAME = "UPDATE tasks SET title = $2 WHERE id = $1"
VECTORS = "SELECT subject_id FROM embeddings"
FIND = """query ($id: ID!, $part: String!) {
  organization(by: {id: $id}) { tasks(filter: {title: {contains: $part}}) { nodes { title } } }
}"""


async def test_a_text_without_words_is_never_asked_for_and_stops_no_other(site: Site) -> None:
    tenant = await site.tenant(3)
    await site.superuser.execute(RENAME, tenant.tasks[1], EMOJI)
    site.server.refused = {EMOJI}
    await site.queue(tenant)
    await site.work()

    assert [embedded for _, embedded, _, _ in await site.state()] == [True, False, True]
    assert sum(site.server.asked.values()) == 2
    health = await examine(site.database)
    assert (health.waiting, health.failing, health.amount_parked, health.parked) == (0, 0, 0, [])
    assert await retry_parked(site.database) == 0


async def test_what_a_text_said_before_is_not_found_any_more(site: Site) -> None:
    tenant = await site.tenant(2)
    await site.work()
    await site.superuser.execute(RENAME, tenant.tasks[0], "!")
    await site.queue(tenant)
    await site.work()
    assert [row["subject_id"] for row in await site.superuser.fetch(VECTORS)] == [tenant.tasks[1]]

    await site.superuser.execute(RENAME, tenant.tasks[0], "Words again")
    await site.queue(tenant)
    await site.superuser.execute("UPDATE embedding_jobs SET parked_at = NULL")
    await site.work()
    assert len(await site.superuser.fetch(VECTORS)) == 2


async def test_filling_a_model_ends_beside_texts_without_words(site: Site) -> None:
    tenant = await site.tenant(2)
    await site.superuser.execute(RENAME, tenant.tasks[0], EMOJI)
    await site.queue(tenant)
    assert (await fill(site))[0] == "openai:test has every text."

    assert (await fill(site, "openai:other", switch=True))[0].startswith("Searches read openai:other")
    assert site.server.asked[f"{EMOJI}\n"] == 0


@pytest.fixture(scope="module")
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    return await make_searchable(superuser, [f"{EMOJI} ", "🚀 Launch", "!!!", "— … —"])


@pytest.mark.parametrize("mode", ["HYBRID", "SEMANTIC", "FULL_TEXT", "FUZZY"])
@pytest.mark.parametrize("query", [EMOJI, "🚀", "…", '"🚀"'])
async def test_a_search_for_signs_alone_is_not_degraded(api: Api, tenant: Tenant, query: str, mode: str) -> None:
    assert (await search(api, tenant, query, mode=mode))["degraded"] == []


@pytest.mark.parametrize(("part", "expected"), [("👩‍👩‍👧", 1), ("🎉", 1), ("🚀", 1), ("…", 1), ("!!", 1), ("🦄", 0)])
async def test_a_filter_finds_signs(api: Api, tenant: Tenant, part: str, expected: int) -> None:
    found = await api.data(FIND, who=tenant.owner, id=str(tenant.id), part=part)

    assert len(found["organization"]["tasks"]["nodes"]) == expected
