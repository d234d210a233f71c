"""The schema as tests walk it: every input of every field, and a selection of everything that can be seen."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
    is_required_input_field,
)

from app.schema import graphql_schema
from tests.connections import is_list
from tests.factories import Tenant

WRITES = {graphql_schema.mutation_type, graphql_schema.subscription_type}
# Well-formed values of nothing that exists, for the inputs that are required beside the one that is tried.
NOBODY = "00000000-0000-7000-8000-000000000000"
FILLINGS = {"ID": f'"{NOBODY}"', "String": '"T1-1"'}
DEEPEST = 3  # relations inside relations of a filter

Given = GraphQLArgument | GraphQLInputField


@dataclass(frozen=True)
class Input:
    """One leaf of an argument: `task(by: {key: {key}})` is one, each comparator of each filter another."""

    parent: str
    field: str
    argument: str
    path: tuple[str, ...]  # into the argument's value
    leaf: GraphQLNamedType

    def __str__(self) -> str:
        return ".".join((self.parent, self.field, self.argument, *self.path))

    @property
    def definition(self) -> GraphQLField:
        parent = graphql_schema.type_map[self.parent]
        assert isinstance(parent, GraphQLObjectType)
        definition: GraphQLField = parent.fields[self.field]
        return definition


def inputs() -> Iterator[Input]:
    """Every leaf of every argument that reads; what `and`, `or` and `not` hold is what is around them: left out."""
    for kind in graphql_schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__") and kind not in WRITES:
            for field_name, field in kind.fields.items():
                for name, argument in field.args.items():
                    for path, leaf in _leaves(argument, ()):
                        yield Input(kind.name, field_name, name, path, leaf)


def _leaves(given: Given, around: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], GraphQLNamedType]]:
    kind = get_named_type(given.type)
    if not isinstance(kind, GraphQLInputObjectType):
        yield (), kind
    elif kind.name not in around and len(around) <= DEEPEST:
        for name, field in kind.fields.items():
            for path, leaf in _leaves(field, (*around, kind.name)):
                yield (name, *path), leaf


def query(tried: Input, value: str, ids: Mapping[str, str], selection: str | None = None, variables: str = "") -> str:
    """A document that gives `value`, a piece of GraphQL text, to the input, on the object of its type in `ids`."""
    field = tried.definition
    given = {name: _filling(one) for name, one in field.args.items() if is_required_argument(one)}
    given[tried.argument] = value if variables else _nested(field.args[tried.argument], tried.path, value)
    arguments = ", ".join(f"{name}: {text}" for name, text in given.items())
    asked = f"{tried.field}({arguments}) {_least(field) if selection is None else selection}"
    if tried.parent == "Query":
        return f"query {variables} {{ {asked} }}"
    if tried.parent == "Viewer":
        return f"query {variables} {{ viewer {{ {asked} }} }}"
    return f'query {variables} {{ node(id: "{ids[tried.parent]}") {{ ... on {tried.parent} {{ {asked} }} }} }}'


def query_with_variable(tried: Input, ids: Mapping[str, str], selection: str | None = None) -> str:
    """The same document with the argument in the variable `value`, whose value `variable` makes."""
    return query(tried, "$value", ids, selection, f"($value: {tried.definition.args[tried.argument].type})")


def variable(tried: Input, value: Any) -> Any:
    """The JSON value of the argument in which the input is `value`."""
    mark = "\N{BALLOT BOX}"
    text = _nested(tried.definition.args[tried.argument], tried.path, f'"{mark}"', quoted=True)
    return json.loads(text.replace(f'"{mark}"', json.dumps(value)))


def _nested(given: Given, path: tuple[str, ...], value: str, *, quoted: bool = False) -> str:
    kind = get_named_type(given.type)
    text = value
    if path:
        assert isinstance(kind, GraphQLInputObjectType)
        fields = {name: _filling(one, quoted) for name, one in kind.fields.items() if is_required_input_field(one)}
        fields[path[0]] = _nested(kind.fields[path[0]], path[1:], value, quoted=quoted)
        text = "{" + ", ".join(f"{_name(name, quoted)}: {one}" for name, one in fields.items()) + "}"
    return f"[{text}]" if is_list_type(get_nullable_type(given.type)) else text


def _name(name: str, quoted: bool) -> str:
    return f'"{name}"' if quoted else name


def _filling(given: Given, quoted: bool = False) -> str:
    kind = get_named_type(given.type)
    if isinstance(kind, GraphQLInputObjectType):
        required = {name: one for name, one in kind.fields.items() if is_required_input_field(one)}
        given_fields = required or dict([next(iter(kind.fields.items()))])
        texts = (f"{_name(name, quoted)}: {_filling(one, quoted)}" for name, one in given_fields.items())
        return "{" + ", ".join(texts) + "}"
    text = FILLINGS.get(kind.name)
    if text is None:
        assert isinstance(kind, GraphQLEnumType)
        text = f'"{next(iter(kind.values))}"' if quoted else next(iter(kind.values))
    return f"[{text}]" if is_list_type(get_nullable_type(given.type)) else text


def roots() -> dict[str, str]:
    """A document for each root field that reads or writes, with what the field requires and no more."""
    documents = {}
    for word, root in (("query", graphql_schema.query_type), ("mutation", graphql_schema.mutation_type)):
        for name, field in root.fields.items() if root else ():
            required = {one: _filling(given) for one, given in field.args.items() if is_required_argument(given)}
            arguments = ", ".join(f"{one}: {text}" for one, text in required.items())
            documents[name] = f"{word} {{ {name} {f'({arguments})' if arguments else ''} {_least(field)} }}"
    return documents


def _least(field: GraphQLField) -> str:
    kind = get_named_type(field.type)
    if is_leaf_type(kind):
        return ""
    return "{ totalCount }" if is_list(kind) else "{ __typename }"


def everything(depth: int, kind: GraphQLNamedType | None = graphql_schema.query_type, prefix: str = "") -> str:
    """A selection of all fields that need no argument, `depth` objects deep; `prefix` is put before their names."""
    if kind is None or is_leaf_type(kind):
        return ""
    if is_list(kind):
        node = get_named_type(kind.fields["nodes"].type)  # type: ignore[attr-defined]
        return f"{{ totalCount edges {{ cursor }} nodes {everything(depth, node)} }}"
    if isinstance(kind, GraphQLInterfaceType):  # the same name means different things in different nouns
        possible = graphql_schema.get_possible_types(kind)
        nouns = (f"... on {noun.name} {everything(depth, noun, noun.name)}" for noun in possible)
        return "{ __typename " + " ".join(nouns) + "}"
    if kind.name.endswith("Match"):  # it leads back to the type it comes from: around and around
        depth = min(depth, 1)
    if kind.name == "Viewer":  # its lists lead to what those of organizations lead to
        depth = min(depth, 2)
    parts = ["__typename"]
    for name, field in kind.fields.items():  # type: ignore[attr-defined]
        inner = get_named_type(field.type)
        if (is_leaf_type(inner) or depth > 0) and not any(map(is_required_argument, field.args.values())):
            parts.append(f"{prefix}{name}: {name} {everything(depth - 1, inner)}")
    return "{" + " ".join(parts) + "}"


def ids_of(tenant: Tenant) -> dict[str, str]:
    """One object of the tenant for each noun whose fields have arguments."""
    found = {
        "Organization": tenant.id,
        "OrganizationMember": tenant.members[0],
        "Team": tenant.teams[0],
        "TeamMember": tenant.team_members[0],
        "Task": tenant.tasks[0],
        "Document": tenant.documents[0],
        "User": tenant.users[0],
        "ApiKey": tenant.api_keys[0],
        "Invitation": tenant.invitations[0],
        "Export": tenant.exports[0],
    }
    return {noun: str(one) for noun, one in found.items()}
