"""Filters of texts take for the same what people do: by a table, and by texts that nobody would think of."""

import json
import unicodedata
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api import GRAPHQL, Api
from tests.factories import Tenant, make_tenant
from tests.filters.filter_model import passes

# A text, a comparator, what it is compared with, and whether they are the same, or it holds the other.
TABLE: list[tuple[str, str, Any, bool]] = [
    ("Café", "eq", "cafe\u0301", True),
    ("Cafe\u0301", "eq", "CAFÉ", True),
    ("Café", "eq", "Cafe", False),
    ("Straße", "eq", "STRASSE", True),
    ("STRA\u1e9eE", "eq", "straße", True),
    ("Σίσυφος", "eq", "ΣΊΣΥΦΟΣ", True),
    ("\u212aelvin", "eq", "kelvin", True),
    ("\u212bngström", "eq", "A\u030angstro\u0308m", True),
    ("\u0130stanbul", "eq", "i\u0307stanbul", True),
    ("\u0130stanbul", "eq", "istanbul", False),
    ("\u0131l\u0131k", "eq", "ilik", False),
    ("\u01f0", "eq", "J\u030c", True),
    ("a\u200bb", "eq", "ab", False),
    ("ﾊﾟ", "eq", "パ", False),
    ("ハ\u309a", "eq", "パ", True),
    ("\u1112\u1161\u11ab", "eq", "한", True),
    ("日本語", "eq", "日本語", True),
    ("A title", "eq", "A title ", False),
    ("100%", "eq", "100_", False),
    ("Größe", "in", ["x", "GRÖSSE"], True),
    ("Größe", "in", ["Grosse", "größ"], False),
    ("Größe", "in", [], False),
    ("Größe", "notIn", ["GRO\u0308SSE"], False),
    ("Größe", "ne", "GRÖSSE", False),
    ("Größe", "ne", "GROSSE", True),
    ("Die Straße dort", "contains", "STRASSE", True),
    ("Die STRASSE dort", "contains", "raß", True),
    ("Résumé", "contains", "SUME\u0301", True),
    ("Résumé", "contains", "sume", False),
    ("e\u0301clair", "contains", "e", False),
    ("50% off_now/\\", "contains", "% OFF_NOW/\\", True),
    ("50x off now", "contains", "% off", False),
    ("全文検索の設定", "contains", "検索", True),
    ("Ship \U0001f469\u200d\U0001f680 now", "contains", "\U0001f469\u200d\U0001f680", True),
    ("Ship \U0001f469\u200d\U0001f680 now", "contains", "\U0001f680", True),
    ("\u202eabc", "contains", "ABC", True),
    ("Anything", "contains", "", True),
    ("ÉCLAIR", "startsWith", "e\u0301c", True),
    ("ÉCLAIR", "startsWith", "e", False),
    ("ΌΣΟΣ", "startsWith", "όσος", True),
    ("Ǆungla", "startsWith", "ǆ", True),
    ("Ωmega", "startsWith", "\u2126", True),
    ("ﬁnd", "startsWith", "FI", True),
    ("\ufeffBOM", "startsWith", "bom", False),
]
PIECES = """
    a A ß \u1e9e ss \u0130 i I \u0131 i\u0307 \u03c3 ς Σ K \u212a å \u212b A\u030a é e\u0301 É \u0301 \u0323 \u0307
    \u01f0 J\u030c \u0390 \u0399\u0308\u0301 ᾳ \u0345 ﬁ \u200b \u200d \ufeff \u202e \u2066 \u2069 日本 한 \u1112\u1161
    \u11ab ｶﾞ か\u3099 \U0001f469\u200d\U0001f680 \U0001f1e9\U0001f1ea \u2764\ufe0f % _ / \\ ' ½ ²
"""
LETTERS = st.sampled_from([*PIECES.split(), " ", "\n"])
FORMS = st.sampled_from(["NFC", "NFD", "NFKC", "NFKD", ""])
TITLES = """
UPDATE tasks SET title = given.title FROM unnest($1::uuid[], $2::text[]) AS given (id, title) WHERE given.id = tasks.id
"""


@st.composite
def spelled(draw: st.DrawFn) -> str:
    """A text in some case and some form, that shows something."""
    text = "".join(draw(st.lists(LETTERS, max_size=5)))
    text = draw(st.sampled_from([text, text.upper(), text.lower(), text.title()]))
    form: Any = draw(FORMS)
    return (unicodedata.normalize(form, text) if form else text)[:100]


@pytest.fixture(scope="module")
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    return await make_tenant(superuser, tasks=len(TABLE))


async def entitle(superuser: "asyncpg.Connection[Any]", ids: Sequence[UUID], titles: Sequence[str]) -> None:
    await superuser.execute(TITLES, ids, titles)


async def found(
    api: Api, tenant: Tenant, ids: Sequence[UUID], conditions: Sequence[dict[str, Any]]
) -> list[list[UUID]]:
    """For each condition on a title the tasks of these that pass it."""
    wanted = [str(row_id) for row_id in ids]
    places = range(len(conditions))
    declared = " ".join(f"$f{place}: TaskFilter!" for place in places)
    lists = " ".join(f"l{place}: tasks(first: 100, filter: $f{place}) {{ nodes {{ id }} }}" for place in places)
    answer = await api.data(
        f"query ($id: ID!, {declared}) {{ organization(by: {{id: $id}}) {{ {lists} }} }}",
        who=tenant.owner,
        id=str(tenant.id),
        **{f"f{place}": {"id": {"in": wanted}, "title": one} for place, one in enumerate(conditions)},
    )
    return [sorted(UUID(node["id"]) for node in one["nodes"]) for one in answer["organization"].values()]


def expected(ids: Sequence[UUID], titles: Sequence[str], condition: dict[str, Any]) -> list[UUID]:
    """The same, as Python understands it."""
    rows = zip(ids, titles, strict=True)
    return sorted(row_id for row_id, title in rows if passes({"title": title}, {"title": condition}))


@pytest.mark.parametrize("start", range(0, len(TABLE), 15))
async def test_texts_that_people_take_for_the_same(
    api: Api, superuser: "asyncpg.Connection[Any]", tenant: Tenant, start: int
) -> None:
    rows, ids = TABLE[start : start + 15], tenant.tasks[start : start + 15]
    await entitle(superuser, ids, [text for text, *_ in rows])

    answers = await found(api, tenant, ids, [{how: other} for _, how, other, _ in rows])

    same = [row_id in answer for row_id, answer in zip(ids, answers, strict=True)]
    assert [(row, one) for row, one in zip(rows, same, strict=True) if row[3] is not one] == []
    assert [row for row in rows if passes({"title": row[0]}, {"title": {row[1]: row[2]}}) is not row[3]] == []


@given(
    titles=st.lists(spelled().filter(bool), min_size=9, max_size=9), others=st.lists(spelled(), min_size=3, max_size=3)
)
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
async def test_the_database_and_python_agree_on_texts(
    api: Api, superuser: "asyncpg.Connection[Any]", tenant: Tenant, titles: list[str], others: list[str]
) -> None:
    ids, given_texts = tenant.tasks[:9], [*others[:2], titles[0].swapcase()]
    await entitle(superuser, ids, titles)
    conditions: list[dict[str, Any]] = [{how: text} for how in ("contains", "startsWith", "eq") for text in given_texts]
    conditions += [{"in": [*others, titles[1].upper()]}, {"notIn": others}, {"ne": titles[2].lower()}]

    answers = await found(api, tenant, ids, conditions)

    assert answers == [expected(ids, titles, condition) for condition in conditions]


@pytest.mark.parametrize("field", ["eq", "contains", "startsWith"])
async def test_half_a_letter_is_the_callers_mistake(api: Api, tenant: Tenant, field: str) -> None:
    document = "query ($filter: TaskFilter!) { viewer { tasks(filter: $filter) { totalCount } } }"
    body = {"query": document, "variables": {"filter": {"title": {field: "a\ud83d"}}}}
    headers = api.headers(tenant.owner) | {"Content-Type": "application/json"}

    answer = await api.http.post(GRAPHQL, content=json.dumps(body), headers=headers)

    assert [one["extensions"]["code"] for one in answer.json()["errors"]] == ["BAD_REQUEST"]
