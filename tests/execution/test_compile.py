"""Objects are made of rows: what a column's type vouches for is taken as it is, the rest is given."""

from typing import Any, ClassVar

import asyncpg
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
)
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import ARRAY, BigInteger, Column, Float, Integer, SmallInteger, Text, Uuid, func

from app.db.record import Record
from app.execution.compile import maker_of
from app.execution.plan import FieldPlan, Maker, Plan

THING = GraphQLObjectType("Thing", {})
GRADE = GraphQLEnumType("Grade", {"GOOD": "good", "BAD": "bad"})
ROWS = """
SELECT n::int AS count, 'Row ' || n AS name, nullif('note', 'note') AS note, md5(n::text)::uuid AS id,
       CASE n WHEN 1 THEN 'good' WHEN 2 THEN 'BAD' END AS grade
FROM generate_series(1, 3) AS n ORDER BY n
"""


class Row(Record):
    """A row of the statement above."""

    selected = ("count", "name", "note", "id", "grade")
    columns: ClassVar = {
        "count": Column(Integer, nullable=False),
        "name": Column(Text, nullable=False),
        "note": Column(Text),
        "id": Column(Uuid, nullable=False),
        "grade": Column(Text),
        "unselected": Column(Text, nullable=False),
    }


@pytest.fixture
async def rows(superuser: "asyncpg.Connection[Any]") -> list[Any]:
    return await superuser.fetch(ROWS, record_class=Row)


def field(attribute: str, type_: GraphQLOutputType, name: str | None = None) -> FieldPlan:
    return FieldPlan(name or attribute, [], THING, GraphQLField(type_), attribute=attribute, immediate=True)


def constant(name: str, value: str) -> FieldPlan:
    return FieldPlan(name, [], THING, GraphQLField(GraphQLNonNull(GraphQLString)), constant=value, immediate=True)


def plan_of(*fields: FieldPlan) -> Plan:
    return Plan(fields, tuple(one.name for one in fields), immediate=True, placeless=True, lists=False)


def names_of(maker: Maker) -> list[str]:
    return [one.name for one in maker.given]


def test_what_columns_vouch_for_is_taken_from_the_rows(rows: list[Any]) -> None:
    plan = plan_of(
        field("name", GraphQLNonNull(GraphQLString)),
        constant("__typename", """It's "a" {thing}"""),
        field("note", GraphQLString),
        field("count", GraphQLNonNull(GraphQLInt), "amount"),
        field("id", GraphQLNonNull(GraphQLID)),
        field("name", GraphQLString, "again"),
    )
    maker = maker_of(plan, Row)
    assert maker.given == ()
    assert maker.make(rows, [])[1] == {
        "name": "Row 2",
        "__typename": """It's "a" {thing}""",
        "note": None,
        "amount": 2,
        "id": "c81e728d-9d4c-2f63-6f06-7f89cc14862c",
        "again": "Row 2",
    }
    assert len(maker.make(rows, [])) == 3


def test_of_enums_the_name_is_shown_and_what_is_no_value_is_refused(rows: list[Any]) -> None:
    maker = maker_of(plan_of(field("grade", GRADE)), Row)
    assert maker.make(rows[:1], []) == [{"grade": "GOOD"}]
    assert maker.make(rows[2:], []) == [{"grade": None}]
    with pytest.raises(KeyError):
        maker.make(rows[1:2], [])
    assert names_of(maker_of(plan_of(field("grade", GraphQLNonNull(GRADE))), Row)) == ["grade"]


def columns_row(column: Any) -> type[Record]:
    return type("OneRow", (Record,), {"selected": ("value",), "columns": {"value": column}})


@pytest.mark.parametrize(
    ("column", "type_", "taken"),
    [
        (Column(SmallInteger, nullable=False), GraphQLNonNull(GraphQLInt), True),
        (Column(Integer), GraphQLInt, True),
        (Column(Integer), GraphQLNonNull(GraphQLInt), False),
        (Column(BigInteger), GraphQLInt, False),
        (Column(Integer), GraphQLFloat, False),
        (Column(Float), GraphQLFloat, False),
        (Column(Integer), GraphQLString, False),
        (Column(Text), GraphQLInt, False),
        (Column(Text), GraphQLID, False),
        (Column(Uuid), GraphQLID, False),
        (Column(Uuid, nullable=False), GraphQLString, False),
        (Column(ARRAY(Text)), GraphQLList(GraphQLString), False),
        (Column(Text, nullable=False), GraphQLNonNull(GraphQLList(GraphQLString)), False),
        (func.upper("a", type_=Text), GraphQLString, True),
        (func.upper("a", type_=Text), GraphQLNonNull(GraphQLString), False),
    ],
)
def test_what_has_to_be_looked_at_is_given(column: Any, type_: GraphQLOutputType, taken: bool) -> None:
    maker = maker_of(plan_of(field("value", type_)), columns_row(column))
    assert names_of(maker) == ([] if taken else ["value"])


def test_what_the_rows_class_does_not_know_is_given(rows: list[Any]) -> None:
    text = GraphQLNonNull(GraphQLString)
    plan = plan_of(field("name", text), field("unselected", text), field("unknown", text))
    assert names_of(maker_of(plan, Row)) == ["unselected", "unknown"]
    for kind in (None, Record, dict):
        assert names_of(maker_of(plan, kind)) == ["name", "unselected", "unknown"]
    assert maker_of(plan, Row).make(rows[:2], [["a", "b"], [1, 2]]) == [
        {"name": "Row 1", "unselected": "a", "unknown": 1},
        {"name": "Row 2", "unselected": "b", "unknown": 2},
    ]


def test_a_maker_is_made_once_for_each_class_of_rows() -> None:
    plan = plan_of(field("name", GraphQLString))
    assert maker_of(plan, Row) is maker_of(plan, Row)
    assert maker_of(plan, Row) is not maker_of(plan, None)


@given(
    names=st.lists(st.text(min_size=1), min_size=1, max_size=12, unique=True),
    table=st.lists(st.lists(st.integers(), min_size=12, max_size=12), max_size=5),
)
def test_objects_are_made_with_whatever_names(names: list[str], table: list[list[int]]) -> None:
    maker = maker_of(plan_of(*(field(name, GraphQLInt) for name in names)), None)
    objects = maker.make(table, [[row[place] for row in table] for place in range(len(names))])
    assert objects == [dict(zip(names, row, strict=False)) for row in table]
    assert [list(one) for one in objects] == [names] * len(table)


def test_columns_of_another_length_than_the_rows_are_refused() -> None:
    maker = maker_of(plan_of(field("one", GraphQLInt), field("other", GraphQLInt)), None)
    with pytest.raises(ValueError, match="zip"):
        maker.make([1, 2], [[1, 2], [1]])
