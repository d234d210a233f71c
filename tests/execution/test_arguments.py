"""Arguments are converted once: for an operation, and for good where no variable says anything of them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from graphql import GraphQLObjectType, parse
from graphql.execution.collect_fields import collect_fields

from app.execution.arguments import Known
from app.execution.bulk import BulkExecutor
from app.graph.context import Context
from app.schema import graphql_schema

DOCUMENTS = {
    "constant": 'query ($x: Int) { organization(by: {slug: "a"}) { id teams(first: $x) { totalCount } } }',
    "variable": "query ($x: String) { organization(by: {slug: $x}) { id } }",
    "none": "query ($x: Int) { viewer { user { id } } }",
}


def given(text: str, value: Any, constants: Known) -> Mapping[str, Any]:
    """What the first field of the query is given, by an executor of its own."""
    context = Context(None, {}, retention=timedelta(days=30))
    executor = BulkExecutor.build(
        graphql_schema, TREES[text], raw_variable_values={"x": value}, constants=constants, context_value=context
    )
    assert isinstance(executor, BulkExecutor)
    query = graphql_schema.query_type
    assert isinstance(query, GraphQLObjectType)
    fields = collect_fields(
        graphql_schema, executor.fragments, executor.variable_values, query, executor.operation, hide_suggestions=False
    ).grouped_field_set
    ((name, details),) = fields.items()
    first = executor.arguments.of(executor, query, query.fields[name], details)
    again = executor.arguments.of(executor, query, query.fields[name], details)
    assert again is first or again == first == {}
    return first


TREES = {name: parse(text) for name, text in DOCUMENTS.items()}


def test_constant_arguments_are_converted_once_for_all_operations() -> None:
    constants: Known = {}
    first = given("constant", 1, constants)
    assert first["by"].slug == "a"
    assert given("constant", 2, constants) is first
    assert given("constant", 1, {}) is not first


def test_arguments_with_a_variable_are_converted_for_each_operation() -> None:
    constants: Known = {}
    assert [given("variable", value, constants)["by"].slug for value in ("a", "b", "a")] == ["a", "b", "a"]
    assert list(constants.values()) == [None]


def test_what_has_no_arguments_is_not_kept() -> None:
    constants: Known = {}
    assert given("none", 1, constants) == {}
    assert constants == {}


def test_what_does_not_fit_is_not_kept() -> None:
    constants: Known = {}
    with pytest.raises(Exception, match="slug"):
        given("variable", None, constants)
    assert constants == {}
