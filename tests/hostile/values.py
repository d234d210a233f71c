"""Hostile values for every argument and input field of the schema, found by introspection: new ones are covered too."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

from app.schema import graphql_schema
from tests.connections import is_list
from tests.hostile.wire import Attack, Attacker
from tests.walk import NOBODY

# What each scalar may be without being taken for something else on the way: it reaches the resolvers, and the database.
FIT: dict[str, tuple[Any, ...]] = {
    "String": (
        *(
            "",
            "\n\t\r",
            "%_\\",
            "'; DROP TABLE tasks; --",
            "$1 :name %s",
            "\x7f\x01\ufeff",
            "((a & | !b",
            '"',
            "../../etc",
        ),
        *(
            "\u202eright to left",
            "e" + "\u0301" * 500,
            "\U0010ffff\ufffe",
            "a" * 10_000,
            "ENG-99999999999",
            "a b " * 900,
        ),
    ),
    "ID": ("", NOBODY, NOBODY.upper(), f"{{{NOBODY}}}", "0" * 32, "\u0660" * 36, "a" * 5_000, 5, 2**63),
    "Int": (0, 1, -1, 2**31 - 1, -(2**31), 101, 1.0),
    "Float": (0.0, -0.0, 1e308, -1e308, 5e-324, 2**53 + 1, 1e-400, 2**63, 10**30, -5),
    "Boolean": (True, False),
    "Date": ("0001-01-01", "9999-12-31", "1582-10-10", "2024-02-29"),
    "DateTime": ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-01-01T00:00:00." + "9" * 5_000 + "Z"),
    "JSON": ({}, [], 5, "x", {"a": {"b": [None]}}),
}
NEVER: tuple[Any, ...] = (
    True,
    -1,
    1.5,
    2**31,
    10**30,
    1e308,
    "",
    "x",
    "\u0660",
    [],
    [[[]]],
    {},
    {"a": 1},
    "NaN",
    "infinity",
)
# What looks like the thing, and is none.
UNFIT: dict[str, tuple[Any, ...]] = {
    "Date": ("0000-01-01", "99999-01-01", "2026-02-30", "-0001-01-01", "today", "2026-W01-1", "20260101", "٢٠٢٦-01-01"),
    "DateTime": (
        *("0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"),
        *("2026-01-01T24:00:00Z", "2016-12-31T23:59:60Z", "2026-01-01T00:00:00", "now", "2026-01-01T00:00:00+99:99"),
    ),
}
ALIASES = {"Mutation": 8}  # values in one document: a field under as many names
MOST_ALIASES = 20  # where it reads
ROOTS = ("Query", "Mutation")  # the same argument means something else in each of their fields
Given = GraphQLArgument | GraphQLInputField
# An argument's whole value, under what is tried with it: one that is NUL would hide what is wrong with the others.
Values = Iterator[tuple[str, Any]]


def values(attacker: Attacker) -> Iterator[Attack]:
    """Each leaf of each argument, once with what fits and once with what does not, NUL and a lone surrogate."""
    seen: set[str] = set()
    for kind in graphql_schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and kind.name in places(attacker.ids):
            for name, field in kind.fields.items():
                for argument, given in field.args.items():
                    key = f"{argument}: {given.type}"
                    if key not in seen or kind.name in ROOTS:
                        seen.add(key)
                        yield from _of_argument(attacker, kind, name, argument, seen)


def places(ids: Mapping[str, str]) -> dict[str, str]:
    """For each type whose fields take arguments a document around them."""
    around = {noun: f'query %s {{ node(id: "{one}") {{ ... on {noun} {{ %s }} }} }}' for noun, one in ids.items()}
    return around | {
        "Query": "query %s { %s }",
        "Mutation": "mutation %s { %s }",
        "Viewer": "query %s { viewer { %s } }",
    }


def _of_argument(
    attacker: Attacker, kind: GraphQLObjectType, field: str, argument: str, seen: set[str]
) -> Iterator[Attack]:
    given = kind.fields[field].args[argument]
    groups: dict[str, list[Any]] = {}
    for group, value in hostile(given.type, attacker.ids, seen):
        groups.setdefault(group, []).append(value)
    for group, tried in groups.items():
        many = ALIASES.get(kind.name, MOST_ALIASES)
        for start in range(0, len(tried), many):
            label = f"{kind.name}.{field}({argument}: {group} {start})"
            yield _asked(attacker, label, kind, field, argument, tried[start : start + many])


def _asked(
    attacker: Attacker, label: str, kind: GraphQLObjectType, field: str, argument: str, tried: list[Any]
) -> Attack:
    definition = kind.fields[field]
    fillings = {
        name: filling(one, attacker.ids, name, field)
        for name, one in definition.args.items()
        if is_required_argument(one) and name != argument
    }
    declared = [f"${name}: {definition.args[name].type}" for name in fillings]
    declared += [f"$v{place}: {definition.args[argument].type}" for place in range(len(tried))]
    given = "".join(f", {name}: ${name}" for name in fillings)
    fields = (f"a{place}: {field}({argument}: $v{place}{given}) {_least(kind, field)}" for place in range(len(tried)))
    document = places(attacker.ids)[kind.name] % (f"({' '.join(declared)})", " ".join(fields))
    return attacker.ask(label, document, **fillings, **{f"v{place}": value for place, value in enumerate(tried)})


def _least(kind: GraphQLObjectType, field: str) -> str:
    named = get_named_type(kind.fields[field].type)
    if is_leaf_type(named):
        return ""
    if is_list(named):
        return "{ edges { cursor } }"
    return "{ __typename userErrors { code message path } }" if kind.name == "Mutation" else "{ __typename }"


def hostile(kind: GraphQLInputType, ids: Mapping[str, str], seen: set[str]) -> Values:
    """Values of this type with one hostile leaf each; those of an input type only where it is met first."""
    plain = get_nullable_type(kind)
    if isinstance(kind, GraphQLNonNull):
        yield "unfit", None
    if isinstance(plain, GraphQLList):
        yield from _lists(plain, ids, seen)
    elif isinstance(plain, GraphQLInputObjectType):
        yield from _objects(plain, ids, seen)
    else:
        yield from _leaves(plain)


def _lists(kind: GraphQLList[Any], ids: Mapping[str, str], seen: set[str]) -> Values:
    yield "fit", []
    yield "fit", [filling_of(kind.of_type, ids)] * 101
    yield "unfit", [None] * 50
    yield "unfit", [[[["x"]]]]
    for group, value in hostile(kind.of_type, ids, seen):
        yield group, [value]


def _objects(kind: GraphQLInputObjectType, ids: Mapping[str, str], seen: set[str]) -> Values:
    if kind.name in seen:
        return
    seen.add(kind.name)
    wrong: tuple[Any, ...] = ([], "x", 5, {"nothing": 1}, {"": None}, {"__proto__": {}}, dict.fromkeys(kind.fields))
    for value in wrong:
        yield "unfit", value
    yield "fit", {}
    required = {
        name: filling(one, ids, name, kind.name) for name, one in kind.fields.items() if is_required_input_field(one)
    }
    for name, one in kind.fields.items():
        for group, value in hostile(one.type, ids, seen):
            yield group, ({} if kind.is_one_of else required) | {name: value}


def _leaves(kind: Any) -> Values:
    if isinstance(kind, GraphQLEnumType):
        yield from (("unfit", value) for value in (*NEVER, next(iter(kind.values)).lower()))
    else:
        yield from (("fit", value) for value in FIT[kind.name])
        yield from (("unfit", value) for value in (*UNFIT.get(kind.name, ()), *NEVER))
        yield "NUL", "a\0b"
        yield "surrogates", "\ud800"


def filling(given: Given, ids: Mapping[str, str], name: str, around: str) -> Any:
    """What fits, for what is required beside the value that is tried: ids of real objects, so that it goes further."""
    return filling_of(given.type, ids, name, around)


def filling_of(kind: GraphQLInputType, ids: Mapping[str, str], name: str = "", around: str = "") -> Any:
    plain = get_nullable_type(kind)
    if isinstance(plain, GraphQLList):
        return [filling_of(plain.of_type, ids, name, around)]
    if isinstance(plain, GraphQLInputObjectType):
        fields = {one: given for one, given in plain.fields.items() if is_required_input_field(given)}
        return {one: filling(given, ids, one, plain.name) for one, given in fields.items()}
    if isinstance(plain, GraphQLEnumType):
        return next(iter(plain.values))
    return _id(ids, name, around) if plain.name == "ID" else {"String": "A1", "Boolean": True}.get(plain.name, 1)


def _id(ids: Mapping[str, str], name: str, around: str) -> str:
    """The object that an argument is for, by its own name or that of its field; nothing that could be lost by it."""
    if around.startswith(("delete", "remove", "revoke", "purge", "rotate")):
        return NOBODY
    words = f"{around} {name}".lower()
    nouns = [noun for noun in sorted(ids, key=len) if noun.lower() in (name.lower() if len(name) > 3 else words)]
    return ids[nouns[-1]] if nouns else NOBODY
