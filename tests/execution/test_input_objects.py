"""Arguments are converted as Strawberry converts them, for every field of the schema."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from strawberry.types.arguments import convert_arguments

from app.execution.input_objects import conversion_of
from app.schema import graphql_schema, schema

SCALARS = st.text(max_size=3) | st.integers(0, 3)
DEEPEST = 3  # inputs inside inputs
CONVERTER = schema.schema_converter


def fields_with_arguments() -> Iterator[Any]:
    for kind in graphql_schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, field in kind.fields.items():
                if field.args:
                    yield pytest.param(field, id=f"{kind.name}.{name}")


def values(type_: GraphQLInputType, depth: int = 0) -> st.SearchStrategy[Any]:
    """What graphql-core may make of a value of that type."""
    match type_:
        case GraphQLNonNull():
            return not_null(type_.of_type, depth)
        case _:
            return st.none() | not_null(type_, depth)


def not_null(type_: Any, depth: int) -> st.SearchStrategy[Any]:
    match type_:
        case GraphQLList():
            return st.lists(values(type_.of_type, depth), max_size=2)
        case GraphQLEnumType():
            return st.sampled_from([one.value for one in type_.values.values()])
        case GraphQLInputObjectType():
            shown = {} if depth == DEEPEST else type_.fields
            given = {name: values(field.type, depth + 1) for name, field in shown.items()}
            return st.fixed_dictionaries({}, optional=given)
        case _:
            return SCALARS


@pytest.mark.parametrize("field", list(fields_with_arguments()))
@settings(max_examples=8)
@given(data=st.data())
def test_arguments_become_what_strawberry_makes_of_them(field: GraphQLField, data: st.DataObject) -> None:
    arguments = {name: values(one.type) for name, one in field.args.items()}
    sent = data.draw(st.fixed_dictionaries({}, optional=arguments))
    declared = field.extensions["strawberry-definition"]

    converted = conversion_of(declared, CONVERTER)(sent)

    expected = convert_arguments(sent, declared.arguments, CONVERTER.scalar_registry, CONVERTER.config)
    assert (converted, repr(converted)) == (expected, repr(expected))
