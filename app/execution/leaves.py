"""Leaves in bulk: a column of values that GraphQL would let through one by one is let through as a whole."""

from contextlib import suppress
from datetime import date, datetime
from functools import lru_cache
from math import isfinite
from typing import Any

from graphql import GraphQLEnumType, GraphQLError, GraphQLLeafType, Undefined, UndefinedType

from app.graph.fields import Column

INT_MIN, INT_MAX = -(2**31), 2**31 - 1  # GraphQL specification, 3.5.1
NOTHING = type(None)

# The Python types whose values a scalar answers as they are.
PLAIN: dict[str, frozenset[type]] = {
    "String": frozenset({str}),
    "ID": frozenset({str}),
    "Boolean": frozenset({bool}),
    "Int": frozenset({int}),
    "Long": frozenset({int}),
    "Float": frozenset({float}),
    "DateTime": frozenset({datetime}),
    "Date": frozenset({date}),
}


def complete_leaves(leaf: GraphQLLeafType, values: Column) -> Column:
    """What GraphQL shows for `values`, None for None; raises what graphql-core raises for a value that does not fit."""
    if isinstance(leaf, GraphQLEnumType):
        shown = {value: _complete(leaf, value) for value in set(values)}
        return values if all(value == name for value, name in shown.items()) else [shown[value] for value in values]
    kinds = set(map(type, values)) - {NOTHING}
    if kinds <= PLAIN.get(leaf.name, frozenset()) and _in_range(leaf.name, values):
        return values
    return [_complete(leaf, value) for value in values]


@lru_cache(1000)
def shown_texts(leaf: GraphQLEnumType) -> dict[str | None, str | None]:
    """What GraphQL shows for each text that stands for one of the enum's values."""
    shown: dict[str | None, str | None] = {}
    for text in {*leaf.values, *(one.value for one in leaf.values.values() if isinstance(one.value, str))}:
        with suppress(GraphQLError):
            shown[text] = _complete(leaf, text)
    return shown


def _in_range(name: str, values: Column) -> bool:
    if name not in ("Int", "Float"):
        return True
    numbers = [value for value in values if value is not None] if None in values else values
    if name == "Float":
        return all(map(isfinite, numbers))
    return not numbers or (min(numbers) >= INT_MIN and max(numbers) <= INT_MAX)


def is_no_value(kind: type) -> bool:
    """Whether what is of that type is an error, nothing, or still to come: graphql-core never shows it as it is."""
    return issubclass(kind, Exception | UndefinedType) or hasattr(kind, "__await__")


def _complete(leaf: GraphQLLeafType, value: Any) -> Any:
    if value is None:
        return None
    if is_no_value(type(value)):
        raise TypeError(f"{leaf.name} cannot show {value!r}")
    completed = leaf.coerce_output_value(value)
    if completed is None or completed is Undefined:
        raise TypeError(f"{leaf.name} shows nothing for a value")
    return completed
