"""Filters as Python understands them, and filters that nobody would think of: the database must agree on each."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import GraphQLEnumType, GraphQLInputObjectType, get_named_type, get_nullable_type, is_list_type
from hypothesis import strategies as st

from app.schema import graphql_schema

Row = Mapping[str, Any]  # GraphQL name → a value, None, a list of tags, or the row that the relation leads to
RELATIONS = {"assignee", "creator", "organization", "team", "user"}
TEXTS = {"title", "description", "name", "slug", "key", "email", "source"}
DEEPEST = 3

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda found, wanted: found == wanted,
    "ne": lambda found, wanted: found != wanted,
    "in": lambda found, wanted: found in wanted,
    "notIn": lambda found, wanted: found not in wanted,
    "lt": lambda found, wanted: found is not None and found < wanted,
    "lte": lambda found, wanted: found is not None and found <= wanted,
    "gt": lambda found, wanted: found is not None and found > wanted,
    "gte": lambda found, wanted: found is not None and found >= wanted,
    "contains": lambda found, wanted: found is not None and wanted in found,
    "startsWith": lambda found, wanted: found is not None and found.startswith(wanted),
    "isNull": lambda found, wanted: (found is None) == wanted,
    "hasAll": lambda found, wanted: set(wanted) <= set(found),
    "hasAny": lambda found, wanted: bool(set(wanted) & set(found)),
    "hasNone": lambda found, wanted: not set(wanted) & set(found),
    "isEmpty": lambda found, wanted: (not found) == wanted,
}


def passes(row: Row, condition: Mapping[str, Any]) -> bool:
    """Whether the row is what the filter asks for."""
    return all(_holds(row, name, value) for name, value in condition.items())


def _holds(row: Row, name: str, value: Any) -> bool:
    if name in ("and", "or"):
        return (all if name == "and" else any)(passes(row, one) for one in value)
    if name == "not":
        return not passes(row, value)
    found = row[name]
    if isinstance(value, bool):
        return bool(found == value)
    if name in RELATIONS:
        return found is not None and passes(found, value)
    of = alike if name in TEXTS else lambda one: one
    return all(COMPARISONS[how](of(found), of(wanted)) for how, wanted in value.items())


def alike(value: Any) -> Any:
    """What texts have in common that people take for the same."""
    if isinstance(value, list):
        return [alike(one) for one in value]
    return _composed(_composed(value).casefold()) if isinstance(value, str) else value


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def filters(name: str, values: Mapping[str, Sequence[Any]], depth: int = 0) -> st.SearchStrategy[dict[str, Any]]:
    """Filters of the input type `name`, with `values` to choose from for each scalar."""
    kind = graphql_schema.type_map[name]
    assert isinstance(kind, GraphQLInputObjectType)
    fields = {
        field_name: _values(field.type, values, depth)
        for field_name, field in kind.fields.items()
        if depth < DEEPEST or not get_named_type(field.type).name.endswith("Filter")
    }
    least = 0 if name.endswith("Filter") else 1
    chosen = st.lists(st.sampled_from(sorted(fields)), min_size=least, max_size=3, unique=True)
    return chosen.flatmap(lambda names: st.fixed_dictionaries({one: fields[one] for one in names}))


def _values(kind: Any, values: Mapping[str, Sequence[Any]], depth: int) -> st.SearchStrategy[Any]:
    named = get_named_type(kind)
    if isinstance(named, GraphQLInputObjectType):
        inner = st.deferred(lambda: filters(named.name, values, depth + 1))
    elif isinstance(named, GraphQLEnumType):
        inner = st.sampled_from(sorted(named.values))
    else:
        inner = st.sampled_from(values[named.name])
    return st.lists(inner, max_size=3) if is_list_type(get_nullable_type(kind)) else inner
