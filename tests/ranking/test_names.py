"""Searching by the names of teams and assignees, however they are spelled."""

from collections.abc import Callable
from random import Random
from time import thread_time
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from app.db.columns import new_id
from app.ranking import rank, scope
from app.tasks import recognize
from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.ranking.test_search_tasks import SEARCH, search
from tests.ranking.texts import make_searchable, write

TEXTS = [f"Thing {number}" for number in range(4)]


@pytest.fixture(scope="module")
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    """T1 is Platform, T2 Mobile; in each the first task is John Smith's and the second Ada Lovelace's."""
    tenant = await make_tenant(superuser, teams=2, members=2, tasks=1)
    await write(superuser, tenant, ["Login fails", "Nightly export", "Dark theme", "Forms on a platform"])
    await name(superuser, tenant, teams=["Platform", "Mobile"], people=["John Smith", "Ada Lovelace"])
    return tenant


async def name(
    superuser: "asyncpg.Connection[Any]", tenant: Tenant, *, teams: list[str] | None = None, people: list[str]
) -> None:
    for table, ids, names in ("teams", tenant.teams, teams or []), ("users", tenant.users, people):
        for row_id, given in zip(ids, names, strict=False):
            await superuser.execute(f"UPDATE {table} SET name = $2 WHERE id = $1", row_id, given)


async def found(api: Api, tenant: Tenant, query: str, **variables: Any) -> list[str]:
    edges = (await search(api, tenant, query, mode="FUZZY", **variables))["edges"]
    assert all(edge["matchedBy"] == ["FUZZY"] for edge in edges)
    return [edge["node"]["title"] for edge in edges]


@pytest.mark.parametrize("query", ["Mobile", "moblie", "MOBIL", "the mobiel team"])
async def test_the_tasks_of_a_team_are_found_by_its_name(api: Api, tenant: Tenant, query: str) -> None:
    assert await found(api, tenant, query) == ["Dark theme", "Forms on a platform"]


@pytest.mark.parametrize("query", ["John Smith", "Jonh Smith", "jhon", "smiht"])
async def test_the_tasks_of_an_assignee_are_found_by_their_name(api: Api, tenant: Tenant, query: str) -> None:
    assert await found(api, tenant, query) == ["Login fails", "Dark theme"]


async def test_a_name_stands_below_a_title_that_is_as_like(api: Api, tenant: Tenant) -> None:
    edges = (await search(api, tenant, "Platform", mode="FUZZY"))["edges"]

    assert [(edge["node"]["title"], edge["score"]) for edge in edges] == [
        ("Forms on a platform", pytest.approx(2 / 3)),
        ("Login fails", pytest.approx(1 / 3)),
        ("Nightly export", pytest.approx(1 / 3)),
    ]


async def test_of_a_teams_tasks_those_come_first_whose_title_is_meant(api: Api, tenant: Tenant) -> None:
    assert await found(api, tenant, "platfrom export") == ["Nightly export", "Forms on a platform", "Login fails"]


async def test_team_and_assignee_count_together(api: Api, tenant: Tenant) -> None:
    assert await found(api, tenant, "lovelase moblie") == ["Forms on a platform", "Nightly export", "Dark theme"]


async def test_the_likest_name_comes_first(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    own = await make_tenant(superuser, members=3)
    await write(superuser, own, ["One", "Two", "Three"])
    await name(superuser, own, people=["Jon Smithe", "Ann Lee", "John Smith"])

    edges = (await search(api, own, "John Smith", mode="FUZZY"))["edges"]
    assert [edge["node"]["title"] for edge in edges] == ["Three", "One"]
    assert [edge["score"] for edge in edges] == [pytest.approx(1 / 3), pytest.approx((6 / 7 + 10 / 11) / 6)]


async def test_who_left_still_has_their_tasks(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    own = await make_tenant(superuser, members=2)
    await write(superuser, own, ["One", "Two"])
    await name(superuser, own, people=["Ann Lee", "Grace Hopper"])
    for table, left in ("team_members", own.team_members[1]), ("organization_members", own.members[1]):
        await superuser.execute(f"UPDATE {table} SET deleted_at = now() WHERE id = $1", left)

    assert await found(api, own, "hoper") == ["Two"]


async def test_words_that_must_not_be_there_name_nobody(api: Api, tenant: Tenant) -> None:
    assert await found(api, tenant, "smiht -mobile -login") == ["Dark theme"]


@pytest.mark.parametrize("mode", ["SEMANTIC", "FULL_TEXT"])
async def test_other_modes_do_not_look_at_names(api: Api, tenant: Tenant, mode: str) -> None:
    assert (await search(api, tenant, "lovelace", mode=mode))["edges"] == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Ada", ["Nightly export", "Forms on a platform"]),
        ("ada lovelace", ["Nightly export", "Forms on a platform"]),
        ("Lovelace, Ada", ["Nightly export", "Forms on a platform"]),
        ("MOBILE", ["Dark theme", "Forms on a platform"]),
        ("ada smith", []),
        ("adda", []),
        ("lovel", []),
        ("@", []),
    ],
)
async def test_by_default_a_name_finds_the_tasks_of_whoever_is_called_so(
    api: Api, tenant: Tenant, query: str, expected: list[str]
) -> None:
    edges = (await search(api, tenant, query))["edges"]

    assert [edge["node"]["title"] for edge in edges] == expected
    assert all(edge["matchedBy"] == ["FUZZY"] for edge in edges)


async def test_by_default_names_stand_below_words_and_move_none_of_them(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    own = await make_tenant(superuser, teams=2, members=2, tasks=1)
    await write(
        superuser, own, ["The search is slow", "Nothing of it", "Search finds too much", "Search, search, search"]
    )
    plain = (await search(api, own, "search"))["edges"]
    await name(superuser, own, teams=["Search", "Mobile"], people=["Ann Lee", "Grace Search"])
    named = (await search(api, own, "search"))["edges"]

    found = [edge["node"]["title"] for edge in plain]
    assert found == ["Search, search, search", "The search is slow", "Search finds too much"]
    assert [edge["node"]["title"] for edge in named] == [*found, "Nothing of it"]
    assert named[-1]["score"] == 0.5 < named[-2]["score"]


async def test_a_mention_of_somebody_comes_before_their_tasks(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    own = await make_tenant(superuser, members=2)
    await write(superuser, own, ["Ask Mei for the key", "The pump leaks"])
    await name(superuser, own, people=["Ann Lee", "Mei Tanaka"])

    edges = (await search(api, own, "Mei"))["edges"]
    assert [(edge["node"]["title"], edge["matchedBy"]) for edge in edges] == [
        ("Ask Mei for the key", ["FULL_TEXT", "SEMANTIC"]),
        ("The pump leaks", ["FUZZY"]),
    ]


async def test_a_name_is_no_mistyped_word(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    own = await make_tenant(superuser, members=2)
    await write(superuser, own, ["Add a marker", "The pump leaks"])
    await name(superuser, own, people=["Ann Lee", "Marke Tanaka"])

    assert [edge["node"]["title"] for edge in (await search(api, own, "marke"))["edges"]] == ["The pump leaks"]
    assert [edge["node"]["title"] for edge in (await search(api, own, "markr"))["edges"]] == ["Add a marker"]


async def test_a_text_too_long_for_a_name_and_a_key_look_no_names_up(api: Api, tenant: Tenant) -> None:
    for query in ("ada lovelace and john smith", "T1-1"):
        await search(api, tenant, query)
        assert [one for one in api.statements if "teams.name" in one] == []


async def test_names_of_others_are_nobodys_here(api: Api, superuser: "asyncpg.Connection[Any]", tenant: Tenant) -> None:
    other = await make_tenant(superuser)
    await write(superuser, other, ["Theirs"])
    await name(superuser, other, teams=["Zeppelin"], people=["Zacharias Zapp"])

    assert await found(api, other, "zepelin") == ["Theirs"]
    for query in ("zepelin", "zacharias"):
        assert await found(api, tenant, query) == []


async def test_a_filter_applies_before_the_limit(api: Api, tenant: Tenant) -> None:
    filter_ = {"team": {"key": {"eq": "T2"}}}

    assert await found(api, tenant, "jonh", filter=filter_, first=1) == ["Dark theme"]
    assert await found(api, tenant, "platfrom", filter={"status": {"eq": "DONE"}}) == []


@pytest.mark.parametrize(
    ("condition", "amount"),
    [(None, 50), ({"title": {"contains": "7"}}, 6), ({"assignee": {"role": {"eq": "MEMBER"}}}, 30)],
)
async def test_among_many_the_same_is_found(
    api: Api, superuser: "asyncpg.Connection[Any]", monkeypatch: pytest.MonkeyPatch, condition: Any, amount: int
) -> None:
    own = await make_tenant(superuser, members=2, tasks=30)
    await write(superuser, own, [f"Thing {number}" for number in range(60)])
    await name(superuser, own, teams=["Platform"], people=["Ann Lee", "Grace Hopper"])
    among_few = await search(api, own, "platfrom thing hoper", mode="FUZZY", filter=condition, first=50)
    monkeypatch.setattr(scope, "FEW", 1)
    forget()
    among_many = await search(api, own, "platfrom thing hoper", mode="FUZZY", filter=condition, first=50)
    forget()

    assert len(among_few["edges"]) == amount
    assert among_many["edges"] == among_few["edges"]


def forget() -> None:
    scope.counting.cache_clear()
    rank.ranking.cache_clear()


async def test_pages_continue_where_the_last_ended(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    own = await make_searchable(superuser, [f"Thing {number}" for number in range(250)])
    await name(superuser, own, teams=["Platform"], people=["Ann Lee"])
    seen: list[str] = []
    page: dict[str, Any] = {"pageInfo": {"endCursor": None, "hasNextPage": True}}
    while page["pageInfo"]["hasNextPage"]:
        after = page["pageInfo"]["endCursor"]
        page = await search(api, own, "platfrom", mode="FUZZY", first=60, after=after)
        seen += [edge["node"]["title"] for edge in page["edges"]]

    assert seen == [f"Thing {number}" for number in range(200)]


@pytest.mark.parametrize("query", ["a b c", "__", "(.*)", r"\m\M", "%", "é", "x" * 500, "aa " * 166, "smith " * 80])
async def test_nothing_that_is_typed_breaks_the_look_at_names(api: Api, tenant: Tenant, query: str) -> None:
    assert len(await found(api, tenant, query)) <= 4


async def test_a_query_that_is_too_long_is_refused_before_names_are_looked_at(api: Api, tenant: Tenant) -> None:
    error = await api.error(SEARCH, who=tenant.owner, organization=str(tenant.id), text="w" * 501, mode="FUZZY")

    assert error["message"] == "`query` has 501 characters: at most 500 are allowed."
    assert [one for one in api.statements if "teams.name" in one] == []


@pytest.mark.parametrize(
    ("amount", "name_of"),
    [(500, lambda words: " ".join(words(49, 2))), (10_000, lambda words: " ".join(words(2, 33)))],
    ids=["long words", "many words"],
)
def test_the_worst_names_take_a_moment(amount: int, name_of: Callable[[Callable[..., list[str]]], str]) -> None:
    """Words of two letters are hard to tell apart: with difflib the first took more than a second."""
    chance = Random(1)

    def words(length: int, amount: int) -> list[str]:
        return ["".join(chance.choices("ab", k=length)) for _ in range(amount)]

    rows: Any = [SimpleNamespace(id=new_id(), name=name_of(words)) for _ in range(amount)]
    started = thread_time()
    likest = recognize._likest(words(49, 10), rows)

    assert thread_time() - started < 0.3
    assert len(likest) in (0, 50)


def test_no_more_letters_are_compared_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognize, "MOST_LETTERS", 12)
    rows: Any = [SimpleNamespace(id=new_id(), name=name) for name in ("Platform", "+++", "Mobile")]

    assert [one.id for one in recognize._likest(["platfrom", "mobile"], rows)] == [rows[0].id]


@pytest.mark.parametrize(
    ("text", "words"),
    [("Jean-Luc O'Neill", ["jean", "luc", "neill"]), ("ÖZGÜR  a_b2", ["özgür", "b2"]), ("", []), ("a", [])],
)
def test_a_name_is_taken_apart(text: str, words: list[str]) -> None:
    assert recognize.words_of(text) == words
