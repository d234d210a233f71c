"""Operations that nobody would think of: valid documents of any schema, with everything that the language has."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from zlib import crc32

import orjson
from graphql import (
    DocumentNode,
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    Undefined,
    get_named_type,
    is_abstract_type,
    is_input_object_type,
    is_leaf_type,
    is_object_type,
    is_required_argument,
    parse,
)
from hypothesis import strategies as st

MOST_FIELDS = 40  # of a document: what is larger takes long and finds no more
DEEPEST = 9
MOST_CHOICES = 400

Values = Mapping[str, Sequence[Any]]  # to choose from, of each scalar; "Type.field(argument:)" takes precedence


@dataclass(frozen=True)
class Operation:
    """A document, and which of its operations is run with which variables."""

    text: str
    name: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    fields: tuple[str, ...] = ()  # all that the document selects, as "Type.field"

    @property
    def document(self) -> DocumentNode:
        return parse(self.text)


def operations(schema: GraphQLSchema, values: Values) -> st.SearchStrategy[Operation]:
    """Operations that `schema` finds valid, but for one in thousands: two fields of one name that do not merge."""
    # One draw of bytes that the writer decides by is ten times faster than a draw for each decision.
    data = st.binary(min_size=MOST_CHOICES, max_size=MOST_CHOICES)
    return data.map(lambda choices: _Writer(choices, schema, values).write())


class _Fragment(NamedTuple):
    type: GraphQLNamedType
    text: str
    variables: set[str]


class _Variable(NamedTuple):
    type: str
    declaration: str
    value: Any


class _Writer:
    """Writes a document. What is simplest is decided by zeros, towards which examples shrink."""

    def __init__(self, data: bytes, schema: GraphQLSchema, values: Values) -> None:
        self.choices = iter(data)
        self.schema = schema
        self.values = values
        self.fields: set[str] = set()
        self.fragments: dict[str, _Fragment] = {}
        self.variables: dict[str, _Variable] = {}
        self.used: set[str] = set()  # variables of the definition that is being written
        self.left = MOST_FIELDS
        # Of each type, fields that have fields: alias, name and arguments, and what the field leads to.
        self.heads: dict[str, list[tuple[str, GraphQLNamedType]]] = defaultdict(list)

    def write(self) -> Operation:
        names = ["First", "Second"] if self._one_in(4) else ["First"]
        texts = [self.operation(name) for name in names]
        text = "\n".join([*texts, *(fragment.text for fragment in self.fragments.values())])
        given = {name: one.value for name, one in self.variables.items() if one.value is not Undefined}
        return Operation(text, self._one_of(names), given, tuple(sorted(self.fields)))

    def _number(self, below: int) -> int:
        return next(self.choices, 0) % below

    def _one_of(self, choices: Sequence[Any]) -> Any:
        return choices[self._number(len(choices))]

    def _one_in(self, amount: int) -> bool:
        return self._number(amount) == amount - 1

    def operation(self, name: str) -> str:
        self.used = set()
        assert self.schema.query_type
        selection = self._selection(self.schema.query_type, DEEPEST)
        declared = ", ".join(self.variables[one].declaration for one in sorted(self.used))
        return f"query {name}{f'({declared})' if declared else ''} {selection}"

    def _selection(self, parent: GraphQLNamedType, depth: int) -> str:
        amount = 1 + self._number(4 if depth > 2 else 3)
        return "{ " + " ".join(self._selected(parent, depth) for _ in range(amount)) + " }"

    def _selected(self, parent: GraphQLNamedType, depth: int) -> str:
        if depth > 0 and self.left > 0:
            if self._one_in(5):
                return self._fragment(parent, depth - 1)
            if self.heads[parent.name] and self._one_in(5):
                return self._again(parent, depth)
        fields: dict[str, Any] = getattr(parent, "fields", {})  # unions have none
        fitting = [name for name, one in fields.items() if depth > 0 or is_leaf_type(get_named_type(one.type))]
        if self.left <= 0:
            fitting = [name for name in fitting if is_leaf_type(get_named_type(fields[name].type))]
        if not fitting or self._one_in(12):
            return f"{'kind: ' if self._one_in(4) else ''}__typename{self._directives()}"
        return self._field(parent, self._one_of(fitting), depth)

    def _field(self, parent: GraphQLNamedType, name: str, depth: int) -> str:
        self.left -= 1
        self.fields.update(f"{one}.{name}" for one in self._objects(parent))
        definition = parent.fields[name]  # type: ignore[attr-defined]  # unions have no fields to come here with
        arguments = self._arguments(f"{parent.name}.{name}", definition.args)
        shape = f"{definition.type}{arguments}"
        # The same name stands for the same thing wherever it is, so that what meets in a selection merges.
        alias = f"{name}_{crc32(shape.encode()) % 10_000}: " if arguments or self._one_in(4) else ""
        head, named = f"{alias}{name}{arguments}", get_named_type(definition.type)
        if is_leaf_type(named):
            return f"{head}{self._directives()}"
        self.heads[parent.name].append((head, named))
        return f"{head}{self._directives()} {self._selection(named, depth - 1)}"

    def _again(self, parent: GraphQLNamedType, depth: int) -> str:
        """A field that was selected before, with a selection of its own: the two merge where they meet."""
        self.left -= 1
        head, named = self._one_of(self.heads[parent.name])
        self.used.update(re.findall(r"\$(\w+)", head))
        return f"{head} {self._selection(named, depth - 1)}"

    def _objects(self, type_: Any) -> list[str]:
        return [one.name for one in self.schema.get_possible_types(type_)] if is_abstract_type(type_) else [type_.name]

    def _fragment(self, parent: GraphQLNamedType, depth: int) -> str:
        type_ = self._one_of(self._overlapping(parent))
        if self._one_in(2):
            condition = "" if type_ is parent and self._one_in(2) else f" on {type_}"
            return f"...{condition}{self._directives()} {self._selection(type_, depth)}"
        known = [name for name, one in self.fragments.items() if one.type is type_]
        name = self._one_of(known) if known and self._one_in(2) else self._define(type_, depth)
        self.used |= self.fragments[name].variables
        return f"...{name}{self._directives()}"

    def _overlapping(self, parent: GraphQLNamedType) -> list[Any]:
        """The types that some object can have beside `parent`; itself first."""
        objects = set(self._objects(parent))
        types = [one for one in self.schema.type_map.values() if is_object_type(one) or is_abstract_type(one)]
        return [parent, *(one for one in types if one is not parent and objects & set(self._objects(one)))]

    def _define(self, type_: GraphQLNamedType, depth: int) -> str:
        outer, self.used = self.used, set()
        selection = self._selection(type_, depth)
        name = f"F{len(self.fragments)}"
        self.fragments[name] = _Fragment(type_, f"fragment {name} on {type_} {selection}", self.used)
        self.used = outer
        return name

    def _directives(self) -> str:
        if not self._one_in(8):
            return ""
        condition = self._one_of(["@skip", "@include"])
        wanted = self._value("Boolean", GraphQLNonNull(GraphQLBoolean))
        return f" {condition}(if: {wanted})"

    def _arguments(self, place: str, arguments: dict[str, GraphQLArgument]) -> str:
        given = [
            f"{name}: {self._value(f'{place}({name}:)', one.type)}"
            for name, one in arguments.items()
            if is_required_argument(one) or self._one_in(3)
        ]
        return f"({', '.join(given)})" if given else ""

    def _value(self, place: str, type_: GraphQLInputType) -> str:
        if self._one_in(4):
            return self._variable(place, type_)
        if not isinstance(type_, GraphQLNonNull):
            return "null" if self._one_in(6) else self._literal(place, type_, variables=True)
        return self._literal(place, type_.of_type, variables=True)

    def _literal(self, place: str, type_: GraphQLInputType, *, variables: bool) -> str:
        def inner(place: str, type_: GraphQLInputType) -> str:
            return self._value(place, type_) if variables else self._literal(place, _present(type_), variables=False)

        if isinstance(type_, GraphQLList):
            return f"[{', '.join(inner(place, type_.of_type) for _ in range(self._number(4)))}]"
        if isinstance(type_, GraphQLInputObjectType):
            chosen = self._chosen(type_)
            return "{" + ", ".join(f"{name}: {inner(f'{type_}.{name}', one)}" for name, one in chosen.items()) + "}"
        value = self._scalar(place, type_)
        return value if isinstance(type_, GraphQLEnumType) else orjson.dumps(value).decode()

    def _chosen(self, type_: GraphQLInputObjectType) -> dict[str, GraphQLInputType]:
        self.left -= 1
        nesting = {name for name, one in type_.fields.items() if is_input_object_type(get_named_type(one.type))}
        plain = {name: one.type for name, one in type_.fields.items() if self.left > 0 or name not in nesting}
        if type_.is_one_of:
            name = self._one_of(sorted(plain))
            return {name: GraphQLNonNull(plain[name])}
        return {name: one for name, one in plain.items() if isinstance(one, GraphQLNonNull) or self._one_in(2)}

    def _scalar(self, place: str, type_: Any) -> Any:
        if isinstance(type_, GraphQLEnumType):
            return self._one_of(sorted(type_.values))
        return self._one_of(self.values.get(place) or self.values[type_.name])

    def _variable(self, place: str, type_: GraphQLInputType) -> str:
        known = [name for name, one in self.variables.items() if one.type == f"{place} {type_}"]
        if known and self._one_in(2):
            name = self._one_of(known)
        else:
            name = f"v{len(self.variables)}"
            default = f" = {self._literal(place, _present(type_), variables=False)}" if self._one_in(3) else ""
            absent = self._one_in(3) and (default or not isinstance(type_, GraphQLNonNull))
            value = Undefined if absent else self._json(place, type_)
            self.variables[name] = _Variable(f"{place} {type_}", f"${name}: {type_}{default}", value)
        self.used.add(name)
        return f"${name}"

    def _json(self, place: str, type_: GraphQLInputType) -> Any:
        if not isinstance(type_, GraphQLNonNull) and self._one_in(4):
            return None
        type_ = _present(type_)
        if isinstance(type_, GraphQLList):
            return [self._json(place, type_.of_type) for _ in range(self._number(4))]
        if isinstance(type_, GraphQLInputObjectType):
            return {name: self._json(f"{type_}.{name}", one) for name, one in self._chosen(type_).items()}
        return self._scalar(place, type_)


def _present(type_: GraphQLInputType) -> Any:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_
