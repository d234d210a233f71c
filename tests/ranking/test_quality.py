"""How good the order of results is, on a made-up collection; `make bench-search` measures it on real ones."""

from statistics import fmean
from typing import Any

import asyncpg
import pytest

from benchmarks.search.quality import judge
from tests.api import Api
from tests.factories import Tenant
from tests.ranking.test_search_tasks import titles
from tests.ranking.texts import make_searchable

TEXTS = [
    "Login fails on Safari\nThe password form is rejected by the browser",
    "Reset link expires too soon\nPeople who forgot their password get an error after an hour",
    "Nightly export is slow\nThe database query reads every row",
    "Add an index to the orders table\nQueries by customer take seconds",
    "Export invoices as spreadsheets\nCustomers want to open them in Excel",
    "Invoice shows the wrong tax\nThe rate of last year is printed",
    "Dark theme for the settings page\nWhite letters on black",
    "Buttons are hard to see\nThe contrast of grey on grey is too low",
    "App quits when the wi-fi drops\nThe phone loses its connection",
    "Crash at start on old Android phones\nA missing library is loaded",
    "Send a mail when a task is overdue\nA reminder in the morning",
    "Weekly summary by mail\nWhat was done and what is late",
]
# What people ask, and the places of what they look for; few say it in the words of the task.
QUERIES = {
    "cannot log in with my password": {0, 1},
    "slow database queries": {2, 3},
    "download invoice as excel file": {4},
    "bill has incorrect tax": {5},
    "colours and contrast of the page": {6, 7},
    "application crashes on phone": {8, 9},
    "email reminders for late tasks": {10, 11},
    "export": {2, 4},
    "smartphone application aborts": {8, 9},  # no word of it is in any of them
}


async def ndcg(api: Api, tenant: Tenant, mode: str) -> float:
    scores = []
    for query, relevant in QUERIES.items():
        wanted = {TEXTS[place].partition("\n")[0] for place in relevant}
        found = await titles(api, tenant, query, mode=mode, first=10)
        scores.append(judge([title in wanted for title in found], len(wanted))[0])
    return fmean(scores)


@pytest.fixture(scope="module")
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    return await make_searchable(superuser, TEXTS)


async def test_together_words_and_meaning_are_better_than_each_alone(api: Api, tenant: Tenant) -> None:
    hybrid, words, meaning = [await ndcg(api, tenant, mode) for mode in ("HYBRID", "FULL_TEXT", "SEMANTIC")]

    assert (hybrid, meaning, words) == pytest.approx((1, 1, 8 / 9))


@pytest.mark.parametrize(
    ("hits", "relevant", "expected"),
    [
        ([True], 1, (1, 1, 1)),
        ([False, True], 1, (0.6309297535714575, 1, 0.5)),
        ([True, False, True], 2, (0.9197207891481876, 1, 1)),
        ([False] * 10, 3, (0, 0, 0)),
    ],
)
def test_the_judge_counts_as_the_books_do(hits: list[bool], relevant: int, expected: tuple[float, ...]) -> None:
    assert judge(hits, relevant) == pytest.approx(expected)
