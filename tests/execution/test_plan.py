"""Plans say of each field how it is answered for a whole level."""

from datetime import timedelta

import pytest
from graphql import GraphQLObjectType, parse
from graphql.execution.collect_fields import FieldDetailsList, collect_fields

from app.execution.bulk import BulkExecutor
from app.execution.plan import FieldPlan, Plan, column_of
from app.graph.context import Context
from tests.execution.sameness.schema import graphql_schema
from tests.execution.sameness.world import PersonRow


def people(text: str) -> tuple[BulkExecutor, GraphQLObjectType, FieldDetailsList]:
    """What runs a query of people, and the type and the nodes of its only field."""
    context = Context(None, {}, retention=timedelta(days=30))
    executor = BulkExecutor.build(graphql_schema, parse(text), context_value=context)
    assert isinstance(executor, BulkExecutor)
    query, person = graphql_schema.query_type, graphql_schema.type_map["Person"]
    assert query
    assert isinstance(person, GraphQLObjectType)
    collected = collect_fields(
        graphql_schema, executor.fragments, executor.variable_values, query, executor.operation, hide_suggestions=False
    )
    return executor, person, collected.grouped_field_set["people"]


def plan_of(text: str) -> Plan:
    executor, person, details = people(text)
    return executor._plan(person, details)


def way(field: FieldPlan) -> str:
    return "column" if field.attribute or field.constant else "level" if field.level else "one by one"


@pytest.mark.parametrize(
    ("selected", "answered", "immediate", "placeless"),
    [
        ("name", "column", True, True),
        ("__typename", "column", True, True),
        ("grid", "column", True, True),
        ("parcel { weight }", "column", False, True),
        ("parcel { heavier(than: 1) }", "column", False, False),
        ("best { name }", "level", False, True),
        ("best { best { greeting } }", "level", False, False),
        ("friends { robots { tags } }", "level", False, True),
        ("letters", "level", False, True),
        ("admired { id }", "one by one", False, False),
        ("greeting", "one by one", False, False),
        ("rival { name }", "one by one", False, False),
        ("crowd { __typename }", "one by one", False, False),
    ],
)
def test_how_a_field_is_answered(selected: str, answered: str, *, immediate: bool, placeless: bool) -> None:
    plan = plan_of(f"{{ people {{ {selected} }} }}")
    [field] = plan.fields
    assert (way(field), field.immediate) == (answered, immediate)
    assert (plan.immediate, plan.placeless) == (immediate, placeless)


def test_fields_keep_the_order_in_which_they_were_selected() -> None:
    plan = plan_of("{ people { b: name a: age ...More id } } fragment More on Person { z: awake a: age }")
    assert plan.names == ("b", "a", "z", "id")
    assert [field.label for field in plan.fields] == ["Person.name", "Person.age", "Person.awake", "Person.id"]


def test_the_plan_of_a_selection_set_is_made_once() -> None:
    executor, person, details = people(
        "{ people { best { ...More } rival { ...More } } } fragment More on Person { id }"
    )
    plan = executor._plan(person, details)
    best, rival = (executor._plan(person, field.details) for field in plan.fields)
    assert executor._plan(person, details) is plan
    assert (best.names, rival.names) == (("id",), ("id",))
    assert best is not rival


def test_a_column_is_read_of_rows_of_any_kind() -> None:
    rows = [PersonRow(id=7, name="a"), PersonRow(id=8, name="b")]
    assert column_of("name", rows) == ["a", "b"]
    assert column_of("id", rows) == ["7", "8"]
    with pytest.raises(AttributeError):
        column_of("age", rows)
