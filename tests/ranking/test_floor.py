"""A search for what is not there: what has nothing to do with a query is not found for being the closest."""

from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from app.graph.embedding import QueryEmbedding
from app.ranking import rank, scope
from app.ranking.vectors import floor_of
from tests.api import Api
from tests.factories import Tenant
from tests.ranking.test_quality import TEXTS
from tests.ranking.test_search_tasks import search, titles
from tests.ranking.texts import make_searchable

NOTHING = [
    "zzzzqqq",
    "asdfghjkl",
    "qwer tzui op",
    "blorptastic womp",
    "!!!",
    "🚀",
    "giraffe",
    "roast lamb with rosemary",
]
FOREIGN = [
    "Anmeldung in Safari schlägt fehl\nDas Passwort wird vom Browser abgelehnt",
    "Rechnungen als Tabelle ausgeben\nKunden wollen sie in Excel öffnen",
    "用户登录失败\n密码错误 浏览器拒绝了表单",
    "将发票导出为电子表格\n客户想用 Excel 打开",
    "Ошибка при входе в систему\nПароль не принимается",  # noqa: RUF001  # Russian
    "Dark theme for the settings page\nWhite letters on black",
]


@pytest.fixture(scope="module")
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    return await make_searchable(superuser, TEXTS)


@pytest.fixture(scope="module")
async def abroad(superuser: "asyncpg.Connection[Any]") -> Tenant:
    return await make_searchable(superuser, FOREIGN)


@pytest.mark.parametrize("mode", ["HYBRID", "SEMANTIC", "FULL_TEXT", "FUZZY"])
@pytest.mark.parametrize("query", NOTHING)
async def test_what_is_not_there_is_not_found(api: Api, tenant: Tenant, query: str, mode: str) -> None:
    assert (await search(api, tenant, query, mode=mode))["edges"] == []


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("mode", ["HYBRID", "SEMANTIC"])
@pytest.mark.parametrize("query", NOTHING)
async def test_nor_is_it_among_many(api: Api, tenant: Tenant, query: str, mode: str) -> None:
    assert (await search(api, tenant, query, mode=mode))["edges"] == []


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """So few rows are compared one by one that those of the tests are many."""
    monkeypatch.setattr(scope, "FEW", 5)
    scope.counting.cache_clear()
    rank.ranking.cache_clear()
    yield
    scope.counting.cache_clear()
    rank.ranking.cache_clear()


@pytest.mark.parametrize("mode", ["HYBRID", "SEMANTIC"])
@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("Passwort", 0),
        ("Anmeldung schlägt fehl", 0),
        ("Rechnungen exportieren", 1),
        ("登录失败", 2),
        ("无法登录", 2),
        ("导出发票", 3),
        ("ошибка входа", 4),
        ("вход", 4),
        ("theme", 5),
        ("dark", 5),
    ],
)
async def test_short_texts_and_other_languages_find_what_they_did(
    api: Api, abroad: Tenant, query: str, place: int, mode: str
) -> None:
    assert (await titles(api, abroad, query, mode=mode))[0] == FOREIGN[place].partition("\n")[0]


async def test_beside_words_what_holds_none_of_them_has_to_be_closer(api: Api, tenant: Tenant) -> None:
    alone = await titles(api, tenant, "smartphone screens", mode="SEMANTIC")
    beside = await titles(api, tenant, "smartphone screens", mode="HYBRID")

    assert alone == [
        "App quits when the wi-fi drops",
        "Crash at start on old Android phones",
        "Login fails on Safari",
    ]
    assert beside == alone[:2]


async def test_whoever_holds_a_phrase_that_was_asked_for_needs_nothing_else(api: Api, tenant: Tenant) -> None:
    assert await titles(api, tenant, '"hard to see"', mode="SEMANTIC") == ["Buttons are hard to see"]
    assert await titles(api, tenant, 'giraffe "wi-fi drops"', mode="SEMANTIC") == ["App quits when the wi-fi drops"]


async def test_a_cursor_brings_the_floor_along(api: Api, superuser: "asyncpg.Connection[Any]", tenant: Tenant) -> None:
    every = await titles(api, tenant, "password of the customer", mode="SEMANTIC", first=10)
    first = await search(api, tenant, "password of the customer", mode="SEMANTIC", first=1)
    # Ten thousand times as many texts: what is found from now on has to be closer by 0.16.
    await superuser.execute("UPDATE search_word_totals SET texts = texts * 10000 WHERE organization_id = $1", tenant.id)
    after = first["pageInfo"]["endCursor"]
    later = await titles(api, tenant, "password of the customer", mode="SEMANTIC", first=10, after=after)
    anew = await titles(api, tenant, "password of the customer", mode="SEMANTIC", first=10)
    await superuser.execute("UPDATE search_word_totals SET texts = texts / 10000 WHERE organization_id = $1", tenant.id)

    assert [*[edge["node"]["title"] for edge in first["edges"]], *later] == every
    assert every == ["Login fails on Safari", "Reset link expires too soon", "Add an index to the orders table"]
    assert anew == every[:2]


@pytest.mark.parametrize(
    ("floor", "mode", "texts", "expected"),
    [
        (0.22, "SEMANTIC", 1_000, 0.22),
        (0.22, "SEMANTIC", 100_000, 0.30),
        (0.22, "SEMANTIC", 10, 0.14),
        (0.22, "HYBRID", 1_000, 0.28),
        (0.22, "SEMANTIC", None, 0.22),
        (0.22, "SEMANTIC", 0, 0.22),
        (0.99, "HYBRID", 100_000, 1.0),
        (-1.0, "HYBRID", 100_000, -1.0),
    ],
)
def test_of_more_texts_one_has_to_be_closer(floor: float, mode: str, texts: int | None, expected: float) -> None:
    assert floor_of(QueryEmbedding(1, 256, 0.4, floor, "[]"), mode, texts) == pytest.approx(expected)


def test_without_a_model_there_is_no_floor() -> None:
    assert floor_of(None, "HYBRID", 1_000) == -1
