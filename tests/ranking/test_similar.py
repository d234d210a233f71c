"""Tasks that mean much the same."""

from typing import Any

import asyncpg
import pytest

from app.embedders.wordllama import Wordllama
from app.ranking import similar
from tests.api import Api
from tests.factories import Tenant
from tests.ranking.test_many import walk_with
from tests.ranking.texts import make_searchable

TEXTS = [
    "Login fails on Safari\nThe password is rejected",
    "Cannot log in with Safari\nThe password is refused",
    "The login form is slow\nIt takes Safari a minute",
    "Dark theme for the settings",
    "Export invoices as spreadsheets",
]
SIMILAR = """query ($id: ID!, $first: Int) {
  task(by: {id: $id}) { similar(first: $first) { similarity task { title deletedAt } } }
}"""


async def similar_to(api: Api, tenant: Tenant, place: int, **variables: Any) -> list[dict[str, Any]]:
    data = await api.data(SIMILAR, who=tenant.owner, id=str(tenant.tasks[place]), **variables)
    found: list[dict[str, Any]] = data["task"]["similar"]
    return found


@pytest.fixture
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    return await make_searchable(superuser, TEXTS)


async def test_the_likest_comes_first_and_a_task_is_not_like_itself(api: Api, tenant: Tenant) -> None:
    found = await similar_to(api, tenant, 0)

    assert [one["task"]["title"] for one in found] == ["Cannot log in with Safari", "The login form is slow"]
    assert 1 >= found[0]["similarity"] > found[1]["similarity"] >= Wordllama.floor


async def test_the_closest_is_not_listed_where_it_has_nothing_to_do_with_the_task(api: Api, tenant: Tenant) -> None:
    assert await similar_to(api, tenant, 3) == []


async def test_there_are_no_more_than_asked_for(api: Api, tenant: Tenant) -> None:
    assert [one["task"]["title"] for one in await similar_to(api, tenant, 1, first=1)] == ["Login fails on Safari"]
    error = await api.error(SIMILAR, who=tenant.owner, id=str(tenant.tasks[0]), first=101)
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_deleted_tasks_are_like_nothing_until_they_are_restored(api: Api, tenant: Tenant) -> None:
    deleted = str(tenant.tasks[1])
    await api.data("mutation ($id: ID!) { deleteTask(id: $id) { deletedIds } }", who=tenant.owner, id=deleted)
    assert [one["task"]["title"] for one in await similar_to(api, tenant, 0)] == ["The login form is slow"]

    await api.data("mutation ($id: ID!) { restoreTask(id: $id) { task { id } } }", who=tenant.owner, id=deleted)
    assert (await similar_to(api, tenant, 0))[0]["task"]["title"] == "Cannot log in with Safari"


@pytest.mark.usefixtures("tenant")
async def test_tasks_of_others_are_like_nothing(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    alone = await make_searchable(superuser, TEXTS[:1])

    assert await similar_to(api, alone, 0) == []


async def test_a_task_that_is_not_embedded_yet_is_like_nothing(
    api: Api, superuser: "asyncpg.Connection[Any]", tenant: Tenant
) -> None:
    await superuser.execute("DELETE FROM embeddings WHERE subject_id = $1", tenant.tasks[0])

    assert await similar_to(api, tenant, 0) == []


async def test_many_vectors_are_walked_by_their_index_with_the_same_answer(
    api: Api, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = await similar_to(api, tenant, 0, first=3)
    monkeypatch.setattr(similar, "FEW", 0)
    similar._closest_to_each.cache_clear()

    assert await similar_to(api, tenant, 0, first=3) == compared
    similar._closest_to_each.cache_clear()


async def test_where_the_index_gives_up_all_vectors_are_compared(
    api: Api, superuser: "asyncpg.Connection[Any]", monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = await make_searchable(superuser, [f"{TEXTS[place % 4]}, again {place}" for place in range(60)])
    compared = await similar_to(api, tenant, 0, first=30)
    monkeypatch.setattr(similar, "FEW", 0)
    similar._closest_to_each.cache_clear()
    walk_with(monkeypatch, similar, **{"hnsw.iterative_scan": "off", "hnsw.ef_search": "1"})

    assert await similar_to(api, tenant, 0, first=30) == compared
    assert len(compared) == 30
    similar._closest_to_each.cache_clear()


async def test_a_list_of_tasks_asks_for_all_of_them_together(api: Api, tenant: Tenant) -> None:
    query = """query ($slug: String!) { organization(by: {slug: $slug}) {
        tasks { nodes { similar(first: 1) { task { title } } } }
    } }"""
    await api.data("{ viewer { user { name } } }", who=tenant.owner)  # signing in
    data = await api.data(query, who=tenant.owner, slug=tenant.slug)

    assert [len(one["similar"]) for one in data["organization"]["tasks"]["nodes"]] == [0, 0, 1, 1, 1]
    # BEGIN, the organization, its tasks; which model is active, how to walk its index, what is similar; those tasks.
    assert len(api.statements) == 7
