"""Texts that nobody would think of are kept as given, or told to be blank: none is lost, none breaks anything."""

import unicodedata
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.filters.test_texts import LETTERS, spelled

CREATE = """mutation ($inputs: [CreateTaskInput!]!) { createTasks(inputs: $inputs) {
    results { task { title description tags } } userErrors { code path }
} }"""
SEARCH = """query ($id: ID!, $text: String!) {
    words: searchTasks(organizationId: $id, query: $text, mode: FULL_TEXT) { edges { snippet } }
    alike: searchTasks(organizationId: $id, query: $text, mode: FUZZY) { edges { snippet } }
}"""
HIDDEN = set("\u200b\u200d\ufeff\u202e\u2066\u2069\ufe0f \n")
SHOWN = st.lists(LETTERS, min_size=1, max_size=6).map("".join).filter(lambda text: not set(text) <= HIDDEN)


@pytest.fixture(scope="module")
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    return await make_tenant(superuser)


TITLES = st.lists(st.one_of(SHOWN, spelled().filter(bool)), min_size=5, max_size=5)


@given(titles=TITLES, tags=st.lists(SHOWN, max_size=3))
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
async def test_they_are_kept_or_told_to_be_blank(api: Api, tenant: Tenant, titles: list[str], tags: list[str]) -> None:
    inputs = [{"teamId": str(tenant.teams[0]), "title": one, "description": one, "tags": tags} for one in titles]

    made = (await api.data(CREATE, who=tenant.owner, inputs=inputs))["createTasks"]

    blank = [place for place, one in enumerate(titles) if set(one) <= HIDDEN]
    assert made["userErrors"] == [{"code": "BLANK", "path": ["inputs", str(place), "title"]} for place in blank]
    if not blank:
        kept = list(dict.fromkeys(unicodedata.normalize("NFC", tag.strip()) for tag in tags))
        texts = [one.strip() for one in titles]
        assert [one["task"] for one in made["results"]] == [
            {"title": one, "description": one, "tags": kept} for one in texts
        ]


@given(text=st.one_of(SHOWN, spelled()))
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
async def test_a_search_for_them_is_answered(api: Api, tenant: Tenant, text: str) -> None:
    body = await api.ask(SEARCH, who=tenant.owner, id=str(tenant.id), text=text)

    assert {error["extensions"]["code"] for error in body.get("errors", ())} <= {"BAD_USER_INPUT"}
