"""Whole columns of leaves are shown as graphql-core shows each of them."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any

import pytest
from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLScalarType,
    GraphQLString,
    Undefined,
)

from app.execution.leaves import complete_leaves
from app.schema import graphql_schema

GRADE = GraphQLEnumType("Grade", {"GOOD": 1, "BAD": 2})
SAME = GraphQLEnumType("Same", {"LEFT": "LEFT", "RIGHT": "RIGHT"})
ANYTHING = GraphQLScalarType("Anything")
NOTHING = GraphQLScalarType("Nothing", serialize=lambda _: None)
MOMENT: Any = graphql_schema.type_map["DateTime"]
DAY: Any = graphql_schema.type_map["Date"]


@pytest.mark.parametrize(
    ("leaf", "values"),
    [
        (GraphQLString, ["a", None, ""]),
        (GraphQLID, ["a", None]),
        (GraphQLBoolean, [True, None, False]),
        (GraphQLInt, [0, None, 2**31 - 1, -(2**31)]),
        (GraphQLFloat, [0.5, None, -1e300]),
        (SAME, ["LEFT", None, "RIGHT"]),
        (MOMENT, [datetime(2026, 2, 3, tzinfo=UTC), None]),
        (DAY, [date(2026, 2, 3), None]),
        (GraphQLString, []),
    ],
)
def test_what_is_plain_is_let_through_as_a_whole(leaf: GraphQLLeafType, values: list[Any]) -> None:
    assert complete_leaves(leaf, values) is values


@pytest.mark.parametrize(
    ("leaf", "values", "shown"),
    [
        (GraphQLString, ["a", 1, True, None], ["a", "1", "true", None]),
        (GraphQLInt, [1, True, 2.0, "3", None], [1, 1, 2, 3, None]),
        (GraphQLFloat, [1.5, 1, None], [1.5, 1.0, None]),
        (GraphQLBoolean, [True, 1, None], [True, True, None]),
        (GraphQLID, ["a", 7, None], ["a", "7", None]),
        (GRADE, [2, None, 1, 2], ["BAD", None, "GOOD", "BAD"]),
        (ANYTHING, [{"a": [1]}, None], [{"a": [1]}, None]),
    ],
)
def test_what_is_not_plain_is_shown_one_by_one(leaf: GraphQLLeafType, values: list[Any], shown: list[Any]) -> None:
    assert complete_leaves(leaf, values) == shown
    assert list(map(type, complete_leaves(leaf, values))) == list(map(type, shown))


@pytest.mark.parametrize(
    ("leaf", "wrong"),
    [
        (GraphQLInt, 2**31),
        (GraphQLInt, -(2**31) - 1),
        (GraphQLInt, 1.5),
        (GraphQLFloat, float("nan")),
        (GraphQLFloat, float("inf")),
        (GraphQLString, ["a"]),
        (GraphQLBoolean, "yes"),
        (GRADE, "AVERAGE"),
        (GRADE, []),
        (NOTHING, "a"),
        (ANYTHING, Undefined),
        (ANYTHING, ValueError("returned, not raised")),
        (MOMENT, ValueError("returned, not raised")),
    ],
)
def test_what_graphql_core_would_refuse_is_refused(leaf: GraphQLLeafType, wrong: Any) -> None:
    with pytest.raises(Exception, match=r"."):
        complete_leaves(leaf, [None, wrong])


async def test_what_is_still_to_come_is_refused() -> None:
    coming = asyncio.get_running_loop().create_future()
    with pytest.raises(TypeError):
        complete_leaves(ANYTHING, [coming])
