"""Searching by meaning where few rows may be found: exactly the closest above the floor, in their order."""

import random
from typing import Any

import asyncpg
import pytest

from app.embedders.embedder import as_text
from app.embedders.wordllama import Wordllama
from tests.api import Api
from tests.factories import Tenant
from tests.ranking.test_search_tasks import search
from tests.ranking.texts import embedder, make_searchable

NOUNS = [
    "login",
    "export",
    "invoice",
    "theme",
    "crash",
    "database",
    "password",
    "backup",
    "report",
    "browser",
    "team",
    "button",
    "page",
    "mail",
    "phone",
]
VERBS = [
    "fails",
    "opens",
    "hangs",
    "returns",
    "loses",
    "sends",
    "deletes",
    "shows",
    "blocks",
    "sorts",
    "prints",
    "merges",
    "resets",
    "loads",
    "saves",
]
TASKS = 1_000  # among which the model's floor is the floor
EXACT = """
SELECT key || '-' || number AS key
FROM embeddings
JOIN tasks ON tasks.organization_id = embeddings.organization_id AND tasks.id = subject_id
JOIN teams ON teams.id = team_id
WHERE embeddings.organization_id = $1 AND model_id = 1 AND tasks.deleted_at IS NULL AND CONDITION
AND 1 - (embedding::vector(256) <=> $2::text::vector(256)) >= $3
ORDER BY 1 - (embedding::vector(256) <=> $2::text::vector(256)) DESC, tasks.id LIMIT 10
"""
CONDITIONS: dict[str, Any] = {
    "true": None,
    "key = 'T2'": {"team": {"key": {"eq": "T2"}}},
    "title ILIKE '%crash%'": {"title": {"contains": "crash"}},
    "priority = 'URGENT' AND key <> 'T1'": {"priority": {"eq": "URGENT"}, "team": {"key": {"ne": "T1"}}},
    "title LIKE '%number 77 %'": {"or": [{"title": {"contains": "number 77 "}}, {"title": {"eq": "nothing"}}]},
}


@pytest.fixture(scope="module")
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    draw = random.Random(5)
    texts = [
        f"The {draw.choice(NOUNS)} {draw.choice(VERBS)} number {place // 5 + 1} the {draw.choice(NOUNS)}\n"
        f"When a {draw.choice(NOUNS)} {draw.choice(VERBS)} and the {draw.choice(NOUNS)} {draw.choice(VERBS)}"
        for place in range(TASKS)
    ]
    tenant = await make_searchable(superuser, texts, teams=5)
    await superuser.execute(
        "UPDATE tasks SET priority = 'URGENT' WHERE organization_id = $1 AND number % 3 = 0", tenant.id
    )
    return tenant


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize(
    "query", ["a login that fails", "the  mail is\tnever sent ,  if any", "slow export - of reports"]
)
async def test_the_closest_are_found_in_their_order(
    api: Api, superuser: "asyncpg.Connection[Any]", tenant: Tenant, query: str, condition: str
) -> None:
    (vector,) = await embedder().embed([" ".join(query.split())])
    exact = await superuser.fetch(EXACT.replace("CONDITION", condition), tenant.id, as_text(vector), Wordllama.floor)

    found = await search(api, tenant, query, mode="SEMANTIC", filter=CONDITIONS[condition], first=10)
    assert len(exact) > 0
    assert [edge["node"]["key"] for edge in found["edges"]] == [row["key"] for row in exact]
