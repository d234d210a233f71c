"""What an operation may come to: the objects that its lists can hold, by the sizes that it asks for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLField,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_introspection_type,
    value_from_ast_untyped,
)

from app.execution.internals import declared
from app.graph.fields import COMPLEXITY
from app.graph.paging import DEFAULT_SIZE, LARGEST_SIZE
from app.operations.limits import COUNTLESS, Meter

# The lists of the schema itself take no arguments: this is about what they hold, so that GraphiQL's question, which
# costs some 4,000, is answered, and one that asks it again and again under other names is not.
OF_THE_SCHEMA = {
    "types": LARGEST_SIZE,
    "directives": 10,
    "fields": 7,
    "inputFields": 7,
    "enumValues": 5,
    "args": 2,
    "possibleTypes": 2,
    "interfaces": 1,
}
OBJECTS = {"edges", "nodes"}  # the fields of a connection that show its objects
Variables = Mapping[str, Any]


class Step(NamedTuple):
    """One list of an operation, or one fragment; `inner` are the places of the steps for what is inside it."""

    label: str
    sizes: tuple[ValueNode, ...] | None  # the arguments that a list's size is read from; None for a fragment
    inner: tuple[int, ...]

    @property
    def of_schema(self) -> bool:
        """Whether it is a list of the schema itself, which is as long as it is."""
        return self.label.startswith("__")

    def unit(self, units: Sequence[int], variables: Variables) -> int:
        """What it comes to, given the same of the steps before it."""
        inner = sum(units[place] for place in self.inner)
        return inner if self.sizes is None else _size(self.sizes, variables) * (1 + inner)


@dataclass(frozen=True, slots=True)
class QueryCost:
    """What to compute for each request: a fragment has its steps once, however often it is spread."""

    steps: tuple[Step, ...]  # each after those inside it
    roots: tuple[int, ...]
    defaults: Variables
    fixed: int | None  # the cost itself, where it does not depend on variables
    complexity: int = 0  # of the root fields, in objects

    def requested(self, variables: Variables) -> int:
        """How many objects the lists can hold together, COUNTLESS at most."""
        return self._sum({**self.defaults, **variables}) if self.fixed is None else self.fixed

    @property
    def of_schema(self) -> int:
        """How much of that is in lists of the schema itself."""
        tells = any(step.of_schema for step in self.steps)
        return self._sum({}, [step.of_schema or step.sizes is None for step in self.steps]) if tells else 0

    def _sum(self, variables: Variables, counted: Iterable[bool] = repeat(True)) -> int:  # never changes
        """`counted` says of each step whether it counts."""
        units: list[int] = []  # what one of each step's lists comes to
        for step, counts in zip(self.steps, counted, strict=False):
            units.append(step.unit(units, variables) if counts else 0)
        return min(sum(units[place] for place in self.roots), COUNTLESS)

    def costliest(self, variables: Variables) -> str:
        """The field whose objects are most of the cost, as in `Team.tasks`."""
        known = {**self.defaults, **variables}
        times, objects = [0] * len(self.steps), [0] * len(self.steps)
        for place in self.roots:
            times[place] += 1
        for place, step in reversed(list(enumerate(self.steps))):
            if step.sizes is not None:
                times[place] *= _size(step.sizes, known)
                objects[place] = times[place]
            for inner in step.inner:
                times[inner] += times[place]
        return self.steps[objects.index(max(objects))].label


def query_costs(schema: GraphQLSchema, tree: DocumentNode) -> dict[str, QueryCost]:
    """The cost of each operation of a valid document, by its name."""
    lister = _Lister(schema, tree)
    operations = [one for one in tree.definitions if isinstance(one, OperationDefinitionNode)]
    return {one.name.value if one.name else "": lister.cost(one) for one in operations}


class _Lister:
    def __init__(self, schema: GraphQLSchema, tree: DocumentNode) -> None:
        self.schema = schema
        self.fragments = {one.name.value: one for one in tree.definitions if isinstance(one, FragmentDefinitionNode)}
        self.steps: list[Step] = []
        self._meter = Meter(tree)
        self._listed: dict[str, tuple[int, ...]] = {}

    def cost(self, operation: OperationDefinitionNode) -> QueryCost:
        root = self.schema.get_root_type(operation.operation)
        roots = self._selections(root, operation.selection_set) if root else ()
        given = operation.variable_definitions or ()
        defaults = {
            one.variable.name.value: value_from_ast_untyped(one.default_value) for one in given if one.default_value
        }
        fields = self._meter.fields(operation.selection_set, set())
        complexity = sum(complexity_of(root, one) for one in fields) if root else 0
        cost = QueryCost(tuple(self.steps), roots, defaults, None, complexity)
        varies = any(isinstance(size, VariableNode) for step in self.steps for size in step.sizes or ())
        return cost if varies else replace(cost, fixed=cost.requested({}))

    def _selections(self, parent: GraphQLCompositeType, node: SelectionSetNode) -> tuple[int, ...]:
        found: list[int] = []
        for one in node.selections:
            if isinstance(one, FieldNode):
                found.extend(self._field(parent, one))
            elif isinstance(one, FragmentSpreadNode):
                found.extend(self._fragment(one.name.value))
            elif isinstance(one, InlineFragmentNode):
                found.extend(self._inner(parent, one))
        return tuple(found)

    def _field(self, parent: GraphQLCompositeType, node: FieldNode) -> tuple[int, ...]:
        field = self.schema.get_field(parent, node.name.value)
        kind = get_named_type(field.type) if field else None
        if field is None or node.selection_set is None or not is_composite_type(kind):
            return ()
        inner = self._selections(kind, node.selection_set)
        sizes = introspected(node) if is_introspection_type(parent) else sizes_of(field, node)
        if sizes is None or (is_connection(kind) and not self._shows(node.selection_set)):
            return inner
        self.steps.append(Step(f"{parent.name}.{node.name.value}", sizes, inner))
        return (len(self.steps) - 1,)

    def _shows(self, node: SelectionSetNode) -> bool:
        """Whether any object of a connection is asked for, and not just how many there are."""
        return any(one.name.value in OBJECTS for one in self._meter.fields(node, set()))

    def _fragment(self, name: str) -> tuple[int, ...]:
        if name not in self._listed:
            inner = self._inner(None, self.fragments[name])
            self.steps.append(Step(name, None, inner))
            self._listed[name] = (len(self.steps) - 1,)
        return self._listed[name]

    def _inner(
        self, parent: GraphQLCompositeType | None, node: InlineFragmentNode | FragmentDefinitionNode
    ) -> tuple[int, ...]:
        named = self.schema.get_type(node.type_condition.name.value) if node.type_condition else parent
        return self._selections(named, node.selection_set) if is_composite_type(named) else ()


def complexity_of(parent: GraphQLObjectType, node: FieldNode) -> int:
    """What a field takes beside the objects that it loads, in objects."""
    field = parent.fields.get(node.name.value)
    definition = declared(field)
    return definition.metadata.get(COMPLEXITY, 0) if definition else 0


def is_connection(type_: GraphQLCompositeType) -> bool:
    """Whether it is a page of a list, and not the list itself."""
    return isinstance(type_, GraphQLObjectType) and "pageInfo" in type_.fields


def introspected(node: FieldNode) -> tuple[ValueNode, ...] | None:
    """As `sizes_of`, for the fields of the schema itself."""
    size = OF_THE_SCHEMA.get(node.name.value)
    return None if size is None else (IntValueNode(value=str(size)),)


def sizes_of(field: GraphQLField, node: FieldNode) -> tuple[ValueNode, ...] | None:
    """The values that say how many objects a field answers: none for DEFAULT_SIZE; None where it is no list."""
    given = {one.name.value: one.value for one in node.arguments or ()}
    if "first" in field.args:
        default = field.args["first"].default_value
        sizes = tuple(given[name] for name in ("first", "last") if name in given)
        return (IntValueNode(value=str(default)),) if not sizes and isinstance(default, int) else sizes
    if isinstance(get_nullable_type(field.type), GraphQLList):
        lists = [name for name, one in field.args.items() if isinstance(get_nullable_type(one.type), GraphQLList)]
        return tuple(given[name] for name in lists if name in given) or None
    return None


def _size(sizes: Sequence[ValueNode], variables: Variables) -> int:
    """What is asked for; what cannot be asked for counts as the most there can be, and is refused where it is used."""
    for node in sizes:
        value = variables.get(node.name.value) if isinstance(node, VariableNode) else _literal(node)
        size = len(value) if isinstance(value, list) else value
        if isinstance(size, int | float):  # GraphQL takes 100.0 in a variable for an Int
            return int(min(max(size, 0), LARGEST_SIZE))
    return DEFAULT_SIZE


def _literal(node: ValueNode) -> Any:
    return [None] * len(node.values) if isinstance(node, ListValueNode) else value_from_ast_untyped(node)
