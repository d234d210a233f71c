"""Plans of bulk completion: what is to be done for a selection set, found out once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from dataclasses import field as stored
from operator import itemgetter
from typing import Any, NamedTuple

from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_composite_type,
    is_leaf_type,
)

from app.db.record import Record
from app.execution.internals import FieldDetailsList, GroupedFieldSet, declared
from app.graph.fields import LEVEL, Column, Level, leaf

Rows = Sequence[Any]
Make = Callable[[Rows, Sequence[Column]], list[dict[str, Any]]]
TYPENAME = GraphQLField(GraphQLNonNull(GraphQLString))


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """One field of a selection set.

    It is an attribute of its rows, the same for all of them, what answers a level, or else graphql-core's, row by row.
    """

    name: str  # in the answer
    details: FieldDetailsList
    parent: GraphQLObjectType
    definition: GraphQLField
    attribute: str | None = None
    constant: str | None = None
    level: Level | None = None
    immediate: bool = False  # it is of leaves, and nothing has to be waited for

    @property
    def label(self) -> str:
        return f"{self.parent.name}.{self.details[0].node.name.value}"


class Maker(NamedTuple):
    """Makes objects of their rows, and of the columns of those fields that are not taken from the rows."""

    make: Make
    given: tuple[FieldPlan, ...]
    lists: bool  # there are lists of objects in them


@dataclass(frozen=True, slots=True)
class Plan:
    """The fields of a selection set on objects of one type, in the order of the answer."""

    fields: tuple[FieldPlan, ...]
    names: tuple[str, ...]
    immediate: bool  # all of them are
    placeless: bool  # what becomes of an object does not depend on where in the answer it stands
    lists: bool  # there are lists of objects in them
    makers: dict[type[Any] | None, Maker] = stored(default_factory=dict)  # by the class of the rows


def make_plan(
    parent: GraphQLObjectType,
    selected: GroupedFieldSet,
    inner_plan: Callable[[GraphQLObjectType, FieldDetailsList], Plan],
) -> Plan:
    """The plan for the fields that graphql-core collected; `inner_plan` makes those of the fields that have fields."""
    fields = tuple(_field(parent, name, details) for name, details in selected.items())
    return Plan(
        fields,
        tuple(selected),
        all(field.immediate for field in fields),
        all(_placeless(field, inner_plan) for field in fields),
        any(_lists(field, inner_plan) for field in fields),
    )


def _placeless(field: FieldPlan, inner_plan: Callable[[GraphQLObjectType, FieldDetailsList], Plan]) -> bool:
    # A resolver may look at `info.path`, so graphql-core runs it for each place.
    if field.attribute is None and field.constant is None and field.level is None:
        return False
    named = get_named_type(field.definition.type)
    return not isinstance(named, GraphQLObjectType) or inner_plan(named, field.details).placeless


def _lists(field: FieldPlan, inner_plan: Callable[[GraphQLObjectType, FieldDetailsList], Plan]) -> bool:
    named = get_named_type(field.definition.type)
    if not is_composite_type(named) or field.constant is not None:
        return False
    if isinstance(get_nullable_type(field.definition.type), GraphQLList) or not isinstance(named, GraphQLObjectType):
        return True
    return inner_plan(named, field.details).lists


def _field(parent: GraphQLObjectType, name: str, details: FieldDetailsList) -> FieldPlan:
    node = details[0].node
    if node.name.value == "__typename":
        return FieldPlan(name, details, parent, TYPENAME, constant=parent.name, immediate=True)
    definition = parent.fields[node.name.value]
    named = get_named_type(definition.type)
    declaration = declared(definition)
    if declaration is None or is_abstract_type(named):
        return FieldPlan(name, details, parent, definition)
    if declaration.is_basic_field:
        attribute, immediate = declaration.python_name, is_leaf_type(named)
        return FieldPlan(name, details, parent, definition, attribute=attribute, immediate=immediate)
    return FieldPlan(name, details, parent, definition, level=declaration.metadata.get(LEVEL))


def column_of(attribute: str, rows: Rows) -> Column:
    """An attribute's values, of rows of any kind; those of the database are read the fastest way there is."""
    if not all(issubclass(kind, Record) for kind in set(map(type, rows))):
        return [leaf(row, attribute) for row in rows]
    values = map(itemgetter(attribute), rows)
    return list(map(str, values)) if attribute == "id" else list(values)
