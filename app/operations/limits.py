"""What a document may be: counted before validation, each fragment once, however often it is spread."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    ListValueNode,
    Node,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)

from app.config import Limits
from app.operations.merged_fields import most_on_one_name

ABORTED = re.compile(r"contains more than \d+ (tokens|comments)")
# The most that is told: fragments that spread each other come to more than fits into the numbers of JSON's readers.
COUNTLESS = 2**53 - 1
OF_CONNECTIONS = {"edges", "node", "nodes"}  # not objects of their own
MOST_LEVELS = 3  # that an object takes: it, and `edges` and `node` in it
Uses = Counter[str]  # variable → how often an operation uses it


def exceeded(
    what: str, limit: str, allowed: int, found: int | str, node: Node | None = None, *, where: str = ""
) -> GraphQLError:
    """The refusal of a document that has more of `what` than the setting `limit` allows; `where` less can be asked."""
    found = min(found, COUNTLESS) if isinstance(found, int) else found
    return GraphQLError(
        f"The request has {found} {what}, and at most {allowed} are allowed: split it, or ask for less{where}.",
        node,
        extensions={"code": "LIMIT_EXCEEDED", "limit": limit, "allowed": allowed, "found": found},
    )


@dataclass(slots=True)
class Measure:
    """What a selection set comes to with the fragments that it spreads."""

    objects: int = 0  # inside each other
    levels: int = 0  # of fields
    aliases: int = 0
    directives: int = 0
    uses: Uses = field(default_factory=Counter)

    @property
    def depth(self) -> int:
        """Objects inside objects. Where a document is valid, two levels of a connection stand between them at most."""
        return max(self.objects, (self.levels - 1) // MOST_LEVELS)

    def add(self, other: "Measure") -> None:
        self.objects = max(self.objects, other.objects)
        self.levels = max(self.levels, other.levels)
        self.aliases += other.aliases
        self.directives += other.directives
        self.uses.update(other.uses)


class Meter:
    """Measures the operations of one document.

    A fragment is measured once and its measure added wherever it is spread, so the time grows with the text alone,
    where following each spread would double it with every fragment. One that spreads itself counts as empty there:
    validation refuses it.
    """

    def __init__(self, tree: DocumentNode, included: Callable[[SelectionNode], bool] = lambda _: True) -> None:
        """`included` says of a selection whether `fields` looks at it."""
        self.included = included
        self.fragments = {one.name.value: one for one in tree.definitions if isinstance(one, FragmentDefinitionNode)}
        self._measured: dict[str, Measure] = {}

    def operation(self, node: OperationDefinitionNode) -> Measure:
        measure = self._selections(node.selection_set)
        self._note_directives(measure, node.directives)
        return measure

    def roots(self, node: SelectionSetNode) -> int:
        """How many fields a selection set has itself, each fragment counted once."""
        return sum(1 for _ in self.fields(node, set()))

    def fields(self, node: SelectionSetNode, spread: set[str]) -> Iterator[FieldNode]:
        """The same fields; the names of fragments that are in `spread` are passed over, and those met are added."""
        for one in filter(self.included, node.selections):
            if isinstance(one, FieldNode):
                yield one
            elif isinstance(one, InlineFragmentNode):
                yield from self.fields(one.selection_set, spread)
            elif isinstance(one, FragmentSpreadNode) and one.name.value not in spread:
                spread.add(one.name.value)
                fragment = self.fragments.get(one.name.value)
                yield from self.fields(fragment.selection_set, spread) if fragment else ()

    def _selections(self, node: SelectionSetNode | None) -> Measure:
        measure = Measure()
        for one in node.selections if node else ():
            self._note_directives(measure, one.directives)
            if isinstance(one, FieldNode):
                measure.add(self._field(one))
            elif isinstance(one, InlineFragmentNode):
                measure.add(self._selections(one.selection_set))
            elif isinstance(one, FragmentSpreadNode):
                measure.add(self._fragment(one.name.value))
        return measure

    def _field(self, node: FieldNode) -> Measure:
        measure = self._selections(node.selection_set)
        name = node.name.value
        if name in ("__schema", "__type"):
            # The schema nests as deeply as it is; validation has a rule of its own for going around in it.
            measure.levels = measure.objects = 0
        else:
            measure.levels += 1
            measure.objects += node.selection_set is not None and name not in OF_CONNECTIONS
        measure.aliases += node.alias is not None
        measure.uses.update(_variables(argument.value for argument in node.arguments or ()))
        return measure

    def _fragment(self, name: str) -> Measure:
        if name not in self._measured:
            self._measured[name] = Measure()
            fragment = self.fragments.get(name)
            measure = self._selections(fragment.selection_set if fragment else None)
            self._note_directives(measure, fragment.directives if fragment else ())
            self._measured[name] = measure
        return self._measured[name]

    def _note_directives(self, measure: Measure, directives: Sequence[DirectiveNode] | None) -> None:
        for one in directives or ():
            measure.directives += 1
            measure.uses.update(_variables(argument.value for argument in one.arguments or ()))


def _variables(values: Iterable[ValueNode]) -> Iterator[str]:
    left: list[ValueNode] = list(values)
    while left:
        value = left.pop()
        if isinstance(value, VariableNode):
            yield value.name.value
        elif isinstance(value, ListValueNode):
            left.extend(value.values)
        elif isinstance(value, ObjectValueNode):
            left.extend(one.value for one in value.fields)


def check_source(source: str, limits: Limits) -> list[GraphQLError]:
    """What is too much about a text before it is parsed; the parser itself stops at too many tokens or comments."""
    if len(source) > limits.max_source:
        return [exceeded("characters", "max_source", limits.max_source, len(source))]
    return []


def unparsed(error: GraphQLError | RecursionError, limits: Limits) -> GraphQLError:
    """What to tell of a text that could not be parsed."""
    if isinstance(error, RecursionError):
        return GraphQLError("The document is nested too deeply.", extensions={"code": "GRAPHQL_PARSE_FAILED"})
    aborted = ABORTED.search(error.message)
    if aborted:
        limit = f"max_{aborted[1]}"
        allowed = getattr(limits, limit)
        return exceeded(aborted[1], limit, allowed, f"more than {allowed}")
    error.extensions = {"code": "GRAPHQL_PARSE_FAILED"}
    return error


def check(tree: DocumentNode, limits: Limits) -> tuple[list[GraphQLError], dict[str, Uses]]:
    """What is too much in a document; and for each operation, by its name, how often it uses which variable."""
    meter = Meter(tree)
    operations = [one for one in tree.definitions if isinstance(one, OperationDefinitionNode)]
    errors = list(_too_many(operations, meter, limits))
    uses: dict[str, Uses] = {}
    for operation in operations if not errors else ():
        measure = meter.operation(operation)
        uses[operation.name.value if operation.name else ""] = measure.uses
        errors.extend(_too_much(operation, measure, meter, limits))
    return errors, uses


def _too_many(operations: list[OperationDefinitionNode], meter: Meter, limits: Limits) -> Iterator[GraphQLError]:
    if len(operations) > limits.max_operations:
        yield exceeded("operations", "max_operations", limits.max_operations, len(operations))
    if len(meter.fragments) > limits.max_fragments:
        yield exceeded("fragments", "max_fragments", limits.max_fragments, len(meter.fragments))
    variables = max((len(one.variable_definitions or ()) for one in operations), default=0)
    if variables > limits.max_variables:
        yield exceeded("variables", "max_variables", limits.max_variables, variables)


def _too_much(
    operation: OperationDefinitionNode, measure: Measure, meter: Meter, limits: Limits
) -> Iterator[GraphQLError]:
    found = [
        ("objects inside each other", "max_depth", limits.max_depth, measure.depth),
        ("aliases", "max_aliases", limits.max_aliases, measure.aliases),
        ("directives", "max_directives", limits.max_directives, measure.directives),
        ("root fields", "max_root_fields", limits.max_root_fields, meter.roots(operation.selection_set)),
    ]
    errors = [exceeded(*one, operation) for one in found if one[3] > one[2]]
    if not errors:
        same = most_on_one_name(operation.selection_set, meter.fragments, limits.max_same_fields)
        if same > limits.max_same_fields:
            errors = [exceeded("fields of one name", "max_same_fields", limits.max_same_fields, same, operation)]
    yield from errors
