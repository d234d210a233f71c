"""Variables in filters: one that is left out must not widen a list, so it counts as null, which filters refuse."""

from typing import Any

from graphql import (
    DocumentNode,
    GraphQLSchema,
    NonNullTypeNode,
    ObjectFieldNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_named_type,
    visit,
)

from app.execution.internals import declared
from app.filters.comparators import Comparison
from app.filters.filters import Conditions


class _Variables(Visitor):
    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self.types = types
        self.optional: set[str] = set()
        self.in_filters: set[str] = set()
        self.elsewhere: set[str] = set()
        self._values: set[int] = set()  # the nodes of those in filters

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> None:
        if node.default_value is None and not isinstance(node.type, NonNullTypeNode):
            self.optional.add(node.variable.name.value)

    def enter_object_field(self, node: ObjectFieldNode, *_: Any) -> None:
        if isinstance(node.value, VariableNode) and _is_filter(self.types.get_parent_input_type()):
            self.in_filters.add(node.value.name.value)
            self._values.add(id(node.value))

    def enter_variable(self, node: VariableNode, _key: object, parent: object, *_: Any) -> None:
        if id(node) not in self._values and not isinstance(parent, VariableDefinitionNode):
            self.elsewhere.add(node.name.value)


def variables_in_filters(schema: GraphQLSchema, document: DocumentNode) -> frozenset[str]:
    """The optional variables that stand for a field of a filter, and for nothing else."""
    types = TypeInfo(schema)
    variables = _Variables(types)
    visit(document, TypeInfoVisitor(types, variables))
    return frozenset(variables.optional & variables.in_filters - variables.elsewhere)


def _is_filter(type_: Any) -> bool:
    definition = declared(get_named_type(type_))
    return definition is not None and issubclass(definition.origin, Comparison | Conditions)
