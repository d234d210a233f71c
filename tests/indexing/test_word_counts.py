"""Counting words in the background: what weighs the words of a search, and knows a mistyped one."""

import asyncio
from typing import Any

import asyncpg

from app.db.columns import new_id
from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.ranking.texts import make_searchable

CREATE = "mutation ($input: CreateTaskInput!) { createTask(input: $input) { userErrors { message } } }"
WORDS = "SELECT lexeme, documents FROM search_words WHERE organization_id = $1 AND kind = 'TASK'"


async def words(superuser: "asyncpg.Connection[Any]", tenant: Tenant) -> dict[str, int]:
    return {row["lexeme"]: row["documents"] for row in await superuser.fetch(WORDS, tenant.id)}


async def test_the_words_of_new_tasks_are_counted_by_the_server(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=0)
    for title in ("Login fails", "Login page"):
        await api.data(CREATE, who=tenant.owner, input={"teamId": str(tenant.teams[0]), "title": title})

    async with asyncio.timeout(20):
        while await words(superuser, tenant) != {"login": 2, "fail": 1, "page": 1}:  # noqa: ASYNC110  # no event is sent
            await asyncio.sleep(0.05)


async def test_words_are_counted_anew_when_a_tenth_of_the_texts_have_changed(
    superuser: "asyncpg.Connection[Any]",
) -> None:
    tenant = await make_searchable(superuser, [f"Task {number}" for number in range(20)])
    counts = []
    for _ in range(2):
        await superuser.execute(
            "UPDATE search_word_totals SET changed = changed + 1 WHERE organization_id = $1", tenant.id
        )
        counts.append(await superuser.fetchval("SELECT trellis_count_words($1, 'TASK')", tenant.id))

    assert counts == [False, True]
    assert await superuser.fetchval("SELECT changed FROM search_word_totals WHERE organization_id = $1", tenant.id) == 0


async def test_words_that_no_text_has_any_more_are_forgotten(superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_searchable(superuser, ["Login fails", "Login page"])
    await superuser.execute("DELETE FROM search_texts WHERE subject_id = $1", tenant.tasks[0])
    await superuser.execute("UPDATE search_word_totals SET changed = 1 WHERE organization_id = $1", tenant.id)

    assert await superuser.fetchval("SELECT trellis_count_words($1, 'TASK')", tenant.id) is True
    assert await words(superuser, tenant) == {"login": 1, "page": 1}


async def test_the_server_counts_only_what_it_is_identified_for(
    superuser: "asyncpg.Connection[Any]", database: Any
) -> None:
    mine, theirs = [await make_searchable(superuser, ["Login fails"]) for _ in range(2)]
    await superuser.execute(
        "UPDATE search_word_totals SET changed = 1 WHERE organization_id = ANY($1)", [mine.id, theirs.id]
    )
    runtime = await asyncpg.connect(database.runtime_url)
    await runtime.execute("SELECT set_config('app.organization_ids', $1, false)", f"{{{mine.id}}}")

    counted = [await runtime.fetchval("SELECT trellis_count_words($1, 'TASK')", one) for one in (theirs.id, new_id())]
    counted.append(await runtime.fetchval("SELECT trellis_count_words($1, 'TASK')", mine.id))
    await runtime.close()

    assert counted == [False, False, True]
