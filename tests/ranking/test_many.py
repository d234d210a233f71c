"""Searching among many rows: by the indexes, with the same answers as among few."""

import asyncio
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import asyncpg
import pytest

from app.db.statement import Statement
from app.ranking import rank, scope
from app.ranking import search as app_search
from tests.api import Api
from tests.factories import Tenant
from tests.ranking.test_search_tasks import search
from tests.ranking.texts import make_searchable

WORDS = ["login", "export", "invoice", "theme", "crash", "database", "password", "backup", "report", "browser"]
TEXTS = [
    f"{WORDS[place % 10]} {WORDS[place // 10 % 10]} number {place}\n{WORDS[place * 7 % 10]} and {WORDS[place * 3 % 10]}"
    for place in range(300)
]
SCANS = "SELECT sum(idx_scan) FROM pg_stat_user_indexes WHERE indexrelname = $1"
QUERY = "export the invoices of the database"


@pytest.fixture(scope="module")
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    tenant = await make_searchable(superuser, TEXTS, teams=3)
    await superuser.execute("ANALYZE search_texts, embeddings, tasks")
    return tenant


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """So few rows are compared one by one that those of the tests are many."""
    monkeypatch.setattr(scope, "FEW", 5)
    _forget()
    yield
    _forget()


def _forget() -> None:
    scope.counting.cache_clear()
    rank.ranking.cache_clear()


def walk_with(monkeypatch: pytest.MonkeyPatch, searching: ModuleType = app_search, **settings: str) -> None:
    """The module's statements walk the index with these settings too; without sorts the planner takes it for few."""
    every = {"hnsw.iterative_scan": "relaxed_order", "enable_sort": "off", "enable_seqscan": "off", **settings}
    calls = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in every.items())
    monkeypatch.setattr(searching, "WALK", Statement(f"SELECT {calls}", (), {}))


def keys(found: dict[str, Any]) -> list[str]:
    return [edge["node"]["key"] for edge in found["edges"]]


@pytest.mark.parametrize("mode", ["HYBRID", "SEMANTIC", "FULL_TEXT", "FUZZY"])
@pytest.mark.parametrize("condition", [None, {"title": {"contains": "crash"}}, {"team": {"key": {"eq": "T2"}}}])
async def test_many_rows_are_ranked_as_few_are(
    api: Api, tenant: Tenant, monkeypatch: pytest.MonkeyPatch, mode: str, condition: Any
) -> None:
    among_few = await search(api, tenant, QUERY, mode=mode, filter=condition, first=10)
    monkeypatch.setattr(scope, "FEW", 5)
    _forget()
    among_many = await search(api, tenant, QUERY, mode=mode, filter=condition, first=10)
    _forget()

    assert keys(among_many) == keys(among_few)
    assert [edge["score"] for edge in among_many["edges"]] == [edge["score"] for edge in among_few["edges"]]


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("mode", ["HYBRID", "SEMANTIC"])
async def test_a_filter_that_few_of_many_pass_leaves_no_page_short(api: Api, tenant: Tenant, mode: str) -> None:
    numbers = [f"number {place}" for place in (3, 77, 150, 200, 222, 251, 290)]
    condition = {"or": [{"title": {"contains": number}} for number in numbers]}

    found = await search(api, tenant, f"{' '.join(WORDS)} number", mode=mode, filter=condition, first=7)

    assert len(found["edges"]) == 7


@pytest.mark.usefixtures("few")
async def test_where_the_index_gives_up_all_vectors_are_compared(
    api: Api, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk_with(monkeypatch, app_search, **{"hnsw.iterative_scan": "off", "hnsw.ef_search": "1"})
    found = await search(api, tenant, QUERY, mode="SEMANTIC", first=100)
    _forget()
    monkeypatch.undo()

    assert keys(found) == keys(await search(api, tenant, QUERY, mode="SEMANTIC", first=100))
    assert len(found["edges"]) == 100


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    ("mode", "index"), [("FULL_TEXT", "ix_search_texts_terms"), ("SEMANTIC", "ix_embeddings_model_1_task")]
)
async def test_the_server_searches_by_the_index(  # fixtures
    api: Api,
    tenant: Tenant,
    superuser: "asyncpg.Connection[Any]",
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    index: str,
) -> None:
    """Under row-level security, as a role that owns nothing."""
    walk_with(monkeypatch)
    before = await superuser.fetchval(SCANS, index)
    async with asyncio.timeout(20):
        while await superuser.fetchval(SCANS, index) == before:
            await search(api, tenant, QUERY, mode=mode)
            await asyncio.sleep(0.3)  # a session tells its figures once a second
