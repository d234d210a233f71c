"""The document cache: what is known of a text is found out once, bounded, and right for all that use it."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from graphql import ExecutionResult
from hypothesis import given, settings
from hypothesis import strategies as st

from app.config import Limits
from app.operations.documents import BESIDE_TEXT, LARGEST_CACHE, MOST_SEEN, Documents, Refused, execute, hash_of
from tests.execution.sameness.schema import graphql_schema
from tests.execution.sameness.world import Plot, World, WorldContext
from tests.operations_strategy import Operation, Values, operations

VALUES: Values = {"ID": ["p0", "p1"], "Int": [2, 1], "String": ["a"], "Boolean": [True, False]}
PEOPLE = "{ people { name } }"
NO_LIMITS = Limits(
    max_source=10**9,
    max_tokens=10**9,
    max_depth=10**9,
    max_aliases=10**9,
    max_same_fields=10**9,
    max_directives=10**9,
)


def padded(number: int, size: int) -> str:
    """A document of its own, `size` characters long."""
    return f"{{ name{number}: __typename }} #".ljust(size, "x")


def context(*, seed: int = 196) -> WorldContext:
    """A world of two people; by default one where each is the other's best friend."""
    return WorldContext(World(Plot(seed, 2, {}), []))


async def run(documents: Documents, text: str, name: str | None = None, **variables: Any) -> ExecutionResult:
    return await execute(graphql_schema, documents.get(text), context(), variables, name)


def test_a_text_is_read_once_from_its_second_time_on() -> None:
    documents = Documents(graphql_schema, NO_LIMITS)
    first, second, third = (documents.get(PEOPLE) for _ in range(3))
    assert first is not second
    assert second is third


def test_what_cannot_be_run_is_kept_with_its_errors() -> None:
    documents = Documents(graphql_schema, NO_LIMITS)
    for text, code in (("{ people { ", "GRAPHQL_PARSE_FAILED"), ("{ nothing }", None)):
        first, second, third = (documents.get(text) for _ in range(3))
        assert second is third
        assert [(error.message, error.extensions) for error in third.errors] == [
            (error.message, error.extensions) for error in first.errors
        ]
        assert [(error.extensions or {}).get("code") for error in third.errors] == [code]


def test_the_cache_is_bounded_by_the_size_of_its_texts() -> None:
    documents = Documents(graphql_schema, NO_LIMITS)
    texts = [padded(number, LARGEST_CACHE // 10 - BESIDE_TEXT) for number in range(15)]
    for text in [*texts, *texts]:
        documents.get(text)
    assert documents._known.currsize <= LARGEST_CACHE
    assert list(documents._known) == [hash_of(text) for text in texts[5:]]


def test_texts_without_length_fill_the_cache_too() -> None:
    """What is kept of the shortest, or of what is wrong with it, is larger than its text by far."""
    documents = Documents(graphql_schema, NO_LIMITS)
    for number in range(4_000):
        documents.get(f"{{{number}")
        documents.get(f"{{{number}")
    assert 2_000 < len(documents._known) < 2_700


def test_a_text_larger_than_the_cache_is_read_each_time() -> None:
    documents = Documents(graphql_schema, NO_LIMITS)
    text = padded(1, LARGEST_CACHE + 1)
    assert documents.get(text).errors == documents.get(text).errors == documents.get(text).errors == []
    assert len(documents._known) == 0


def test_a_flood_of_texts_that_come_once_pushes_nothing_out() -> None:
    documents = Documents(graphql_schema, NO_LIMITS)
    documents.get(PEOPLE)
    known = documents.get(PEOPLE)
    for number in range(20_000):
        # Most of them cannot be parsed, which takes the least time.
        documents.get(f"{{name{number}:__typename}}" if number % 20 == 0 else f"{{name{number}:")
    assert documents.get(PEOPLE) is known
    assert list(documents._known) == [hash_of(PEOPLE)]
    assert len(documents._seen) == MOST_SEEN


def test_a_flood_of_texts_that_come_twice_leaves_what_is_in_use() -> None:
    documents = Documents(graphql_schema, NO_LIMITS)
    documents.get(PEOPLE)
    known = documents.get(PEOPLE)
    for number in range(60):
        text = padded(number, LARGEST_CACHE // 20)
        documents.get(text)
        documents.get(text)
        assert documents.get(PEOPLE) is known
    assert documents._known.currsize <= LARGEST_CACHE


async def test_variables_decide_anew_what_is_skipped() -> None:
    documents = Documents(graphql_schema, NO_LIMITS)
    text = """query ($more: Boolean!) { people { id ...More @include(if: $more) parcel { weight @skip(if: $more) } } }
        fragment More on Person { awake parcel { ownerName } }"""
    expected = {
        True: [
            {"id": "p0", "awake": False, "parcel": {"ownerName": "p0"}},
            {"id": "p1", "awake": True, "parcel": None},
        ],
        False: [{"id": "p0", "parcel": {"weight": 5}}, {"id": "p1", "parcel": None}],
    }
    for more in (True, False, True, False, True):
        assert await run(documents, text, more=more) == ExecutionResult({"people": expected[more]}, None)

    answers = await asyncio.gather(*(run(documents, text, more=place % 2 == 0) for place in range(10)))
    assert [answer.data for answer in answers] == [{"people": expected[place % 2 == 0]} for place in range(10)]


async def test_one_fragment_stands_for_different_things_where_it_merges_with_others() -> None:
    documents = Documents(graphql_schema, NO_LIMITS)
    text = """{
        people { ...Best } person(id: "p1") { ...Best best { name } } one: person(id: "p1") { ...Best best { awake } }
    } fragment Best on Person { best { id } }"""
    expected = {
        "people": [{"best": {"id": "p1"}}, {"best": {"id": "p0"}}],
        "person": {"best": {"id": "p0", "name": "Person p0"}},
        "one": {"best": {"id": "p0", "awake": False}},
    }
    for _ in range(3):
        assert await run(documents, text) == ExecutionResult(expected, None)


async def test_each_operation_of_a_document_has_its_own_answer() -> None:
    documents = Documents(graphql_schema, NO_LIMITS)
    text = 'query One { people { ...F } } query Other { person(id: "p0") { ...F name } } fragment F on Person { id }'
    one, other = {"people": [{"id": "p0"}, {"id": "p1"}]}, {"person": {"id": "p0", "name": "Person p0"}}
    for name, expected in (("One", one), ("Other", other), ("One", one), ("Other", other)):
        assert await run(documents, text, name) == ExecutionResult(expected, None)
    for unknown in (None, "Third"):
        with pytest.raises(Refused):
            documents.get(text).operation(unknown)


@settings(max_examples=100, derandomize=True, database=None, deadline=None)
@given(operations(graphql_schema, VALUES), st.lists(st.integers(0, 100), min_size=2, max_size=3))
async def test_kept_plans_answer_as_new_ones(operation: Operation, seeds: list[int]) -> None:
    kept = Documents(graphql_schema, NO_LIMITS).get(operation.text)
    arguments = operation.variables, operation.name
    for seed in seeds:
        new = replace(kept, plans=None)
        expected = await execute(graphql_schema, new, context(seed=seed), *arguments)
        assert await execute(graphql_schema, kept, context(seed=seed), *arguments) == expected
