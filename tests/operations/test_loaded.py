"""What an operation really loads: the objects of its lists, counted before they are read, however it is completed."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from app.config import Settings
from app.db.unit_of_work import Unit
from tests.api import SECRET, Api, serving
from tests.conftest import Database
from tests.factories import Tenant, make_tenant

MOST = 100
FOUR_LEVELS = """{
  organizations { nodes {
    teams { nodes { members { nodes { user { name } tasks { nodes { key title } } } } } }
  } }
}"""
IN_EDGES = """{
  organizations { edges { node {
    teams { edges { node { members { edges { node { user { name } tasks { edges { node { key title } } } } } } } } }
  } } }
}"""
LOADED = 1 + 2 + 8 + 80


@pytest.fixture(scope="module")
async def strict(database: Database) -> AsyncIterator[Api]:
    """A server that loads MOST objects for a request. What it takes to find the words of 8 MiB is no matter here."""
    patient: dict[str, Any] = {"request_timeout": 50, "statement_timeout": 40}
    settings = Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET), max_loaded=MOST, **patient)
    async with serving(settings) as serves:
        yield serves


@pytest.fixture(scope="module")
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    """An organization with 2 teams of 4 people, who have 10 tasks each in either."""
    return await make_tenant(superuser, members=4, teams=2, tasks=10)


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows each statement has answered."""
    read: list[int] = []
    fetch = Unit.fetch

    async def noted(self: Unit, *given: Any) -> list[Any]:
        found = await fetch(self, *given)
        read.append(len(found))
        return found

    monkeypatch.setattr(Unit, "fetch", noted)
    return read


def refusal(field: str) -> dict[str, Any]:
    return {
        "message": f"The request has more than {MOST} objects in its lists, and no more than {MOST} are loaded: "
        f"`{field}` came to too much. Ask for fewer there with `first`, and page on with cursors.",
        "locations": [{"line": 1, "column": 1}],
        "extensions": {
            "code": "LIMIT_EXCEEDED",
            "limit": "max_loaded",
            "allowed": MOST,
            "found": f"more than {MOST}",
            "field": field,
            "argument": "first",
        },
    }


@pytest.mark.parametrize("document", [FOUR_LEVELS, IN_EDGES])
async def test_four_levels_are_loaded_whatever_they_could_hold(
    strict: Api, tenant: Tenant, rows: list[int], document: str
) -> None:
    body = await strict.ask(document, who=tenant.owner)

    assert "errors" not in body
    assert body["extensions"] == {"cost": {"requested": 20 + 20**2 + 20**3 + 20**4, "loaded": LOADED, "limit": MOST}}
    assert rows == [1, 2, 8, 4, 80]


@pytest.mark.parametrize(("more", "refused"), [(19, False), (20, True)])
async def test_as_many_as_are_allowed_and_one_more(strict: Api, tenant: Tenant, more: int, refused: bool) -> None:
    document = f"""{{ organizations {{ nodes {{
        tasks(first: 80) {{ nodes {{ key }} }} more: tasks(first: {more}) {{ nodes {{ key }} }}
    }} }} }}"""

    body = await strict.ask(document, who=tenant.owner)

    if refused:
        assert body == {"errors": [refusal("Organization.tasks")]}
    else:
        assert body["extensions"]["cost"]["loaded"] == MOST


async def test_a_list_of_which_only_its_ends_are_asked_counts_none(
    strict: Api, tenant: Tenant, rows: list[int]
) -> None:
    document = """{ organizations { nodes {
        tasks(first: 50) { pageInfo { hasNextPage startCursor endCursor } }
        more: tasks(first: 60) { pageInfo { hasNextPage } totalCount }
    } } }"""

    body = await strict.ask(document, who=tenant.owner)

    assert body["extensions"]["cost"] == {"requested": 20, "loaded": 1, "limit": MOST}
    assert rows == [1, 3, 3, 1]  # the first task, the last and the next; and how many there are


async def test_what_is_too_much_is_not_read(strict: Api, tenant: Tenant, rows: list[int]) -> None:
    again = " ".join(f"a{place}: tasks(first: {10 + place}) {{ nodes {{ key }} }}" for place in range(3))
    document = f"{{ organizations {{ nodes {{ teams {{ nodes {{ members {{ nodes {{ {again} }} }} }} }} }} }} }}"

    body = await strict.ask(document, who=tenant.owner)

    assert body == {"errors": [refusal("TeamMember.tasks")]}
    # The first lists of tasks, and of the second as many rows as show that there are too many; of the others nothing.
    assert rows == [1, 2, 8, 80, MOST - LOADED + 8 + 1]


async def test_what_stands_in_an_answer_several_times_counts_each_time(
    strict: Api, tenant: Tenant, rows: list[int]
) -> None:
    document = """query ($n: Int) {
        organizations { nodes { tasks(first: $n) { nodes { team { members { nodes { id } } } } } } }
    }"""

    allowed = await strict.ask(document, who=tenant.owner, n=19)
    refused = await strict.ask(document, who=tenant.owner, n=20)

    assert allowed["extensions"]["cost"]["loaded"] == 1 + 19 + 19 * 4
    assert refused == {"errors": [refusal("Team.members")]}
    assert sum(rows) < MOST


async def test_a_write_whose_answer_loads_too_much_is_undone(
    strict: Api, tenant: Tenant, superuser: "asyncpg.Connection[Any]"
) -> None:
    document = """mutation ($id: ID!) { updateTask(id: $id, input: {title: "New"}) { task { organization {
        tasks(first: 79) { nodes { key } } more: tasks(first: 79) { nodes { key } }
    } } } }"""

    body = await strict.ask(document, who=tenant.owner, id=str(tenant.tasks[0]))

    assert body == {"errors": [refusal("Organization.tasks")]}
    assert await superuser.fetchval("SELECT title FROM tasks WHERE id = $1", tenant.tasks[0]) == "Task 1"


async def test_a_client_hears_of_it_by_the_status(strict: Api, tenant: Tenant) -> None:
    tasks = "tasks(first: 80) { nodes { key } }"
    response = await strict.send_with(
        strict.headers(tenant.owner) | {"Accept": "application/graphql-response+json"},
        f"{{ organizations {{ nodes {{ {tasks} more: {tasks} }} }} }}",
    )
    assert response.status_code == 400


LONG = "Ж" * 65_536  # 128 KiB in UTF-8
BYTES = 2 * 65_536


@pytest.fixture(scope="module")
async def wordy(superuser: "asyncpg.Connection[Any]") -> Tenant:
    """An organization with 65 tasks of the longest description."""
    tenant = await make_tenant(superuser, tasks=65)
    await superuser.execute("UPDATE tasks SET description = $2 WHERE organization_id = $1", tenant.id, LONG)
    return tenant


@pytest.mark.parametrize(("first", "refused"), [(63, False), (64, True)])
async def test_long_texts_that_are_too_much_are_not_read(
    strict: Api, wordy: Tenant, rows: list[int], first: int, refused: bool
) -> None:
    document = "query ($n: Int) { organizations { nodes { tasks(first: $n) { nodes { description } } } } }"

    body = await strict.ask(document, who=wordy.owner, n=first)

    if refused:
        [error] = body["errors"]
        assert error["extensions"] == {
            "code": "LIMIT_EXCEEDED",
            "limit": "long_texts",
            "allowed": 8 * 1024 * 1024,
            "found": 65 * BYTES,  # with the row by which the page knows whether it is the last
            "field": "Task.description",
            "argument": "first",
        }
        assert rows == [1, 1]  # of the tasks one, which says how much they are together
    else:
        assert body["extensions"]["cost"]["loaded"] == 64
        assert len(body["data"]["organizations"]["nodes"][0]["tasks"]["nodes"][62]["description"]) == 65_536


async def test_long_texts_of_several_lists_are_added_up(strict: Api, wordy: Tenant, rows: list[int]) -> None:
    document = """{ organizations { nodes {
        tasks(first: 40) { nodes { description } } more: tasks(last: 40) { nodes { description } }
    } } }"""
    body = await strict.ask(document, who=wordy.owner)

    assert body["errors"][0]["extensions"]["found"] == 82 * BYTES
    assert rows == [1, 41, 1]


async def test_long_texts_count_each_time_that_they_stand_in_an_answer(
    strict: Api, superuser: "asyncpg.Connection[Any]", rows: list[int]
) -> None:
    tenant = await make_tenant(superuser, tasks=65)
    await superuser.execute("UPDATE teams SET description = $2 WHERE organization_id = $1", tenant.id, LONG)
    document = """query ($n: Int) {
        organizations { nodes { tasks(first: $n) { nodes { team { description } } } } }
    }"""

    allowed = await strict.ask(document, who=tenant.owner, n=63)
    refused = await strict.ask(document, who=tenant.owner, n=65)

    assert "errors" not in allowed
    assert refused["errors"][0]["extensions"]["limit"] == "long_texts"
    assert rows == [1, 64, 1, 1, 65, 1]


async def test_long_texts_that_a_write_leaves_alone_do_not_count(strict: Api, wordy: Tenant) -> None:
    ids = [str(one) for one in wordy.tasks]
    for write in (
        'updateTasks(ids: $ids, input: {priority: HIGH, title: "New"}) { results { index } }',
        "deleteTasks(ids: $ids) { deletedIds }",
        "restoreTasks(ids: $ids) { results { index } }",
    ):
        data = await strict.data(f"mutation ($ids: [ID!]!) {{ written: {write} }}", who=wordy.owner, ids=ids)

        [written] = data["written"].values()
        assert len(written) == 65


async def test_long_texts_that_a_write_answers_are_read_once(strict: Api, wordy: Tenant) -> None:
    document = """mutation ($ids: [ID!]!) { updateTasks(ids: $ids, input: {priority: LOW}) {
        results { task { description } }
    } }"""

    data = await strict.data(document, who=wordy.owner, ids=[str(one) for one in wordy.tasks[:60]])

    assert [len(one["task"]["description"]) for one in data["updateTasks"]["results"]] == [65_536] * 60


async def test_long_texts_that_are_too_much_to_be_changed_are_not_read(
    strict: Api, wordy: Tenant, rows: list[int], superuser: "asyncpg.Connection[Any]"
) -> None:
    document = """mutation ($ids: [ID!]!) { updateTasks(ids: $ids, input: {description: "x"}) { results { index } } }"""

    body = await strict.ask(document, who=wordy.owner, ids=[str(one) for one in wordy.tasks])

    [error] = body["errors"]
    assert error["message"].endswith(
        "`Task.description` came to too much. Nothing was written. Change fewer at once, or ask for less in the answer."
    )
    assert error["extensions"] == {
        "code": "LIMIT_EXCEEDED",
        "limit": "long_texts",
        "allowed": 8 * 1024 * 1024,
        "found": 65 * BYTES,
        "field": "Task.description",
    }
    assert max(rows) == 1
    assert (
        await superuser.fetchval(
            "SELECT count(*) FROM tasks WHERE organization_id = $1 AND description = 'x'", wordy.id
        )
        == 0
    )
