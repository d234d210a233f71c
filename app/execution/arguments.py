"""The arguments of fields, converted once: a filter may hold thousands of values and stand beside thousands of rows."""

from collections.abc import Mapping
from typing import Any

from graphql import FieldNode, GraphQLField, GraphQLObjectType, Node, VariableNode
from graphql.execution import Executor, get_argument_values

from app.execution.input_objects import conversion_of
from app.execution.internals import FieldDetailsList, converter_of, declared

Known = dict[tuple[str, int], Mapping[str, Any] | None]  # by the type and the node of the field


class Arguments:
    """The arguments of one operation's fields as Python has them.

    Where an answer is completed row by row each row asks for them. Converting thousands of values takes milliseconds:
    done for each of 100 rows, that would hold the event loop for seconds.
    """

    def __init__(self, constants: Known) -> None:
        """`constants`, kept with the document, are of the fields that no variable says anything of; None for others."""
        self._constants = constants
        self._known: Known = {}

    def of(
        self,
        executor: Executor[Any],
        parent: GraphQLObjectType,
        definition: GraphQLField,
        details: FieldDetailsList,
    ) -> Mapping[str, Any]:
        """What is given to a field; raises what graphql-core raises for what does not fit."""
        if not definition.args:
            return {}
        key = (parent.name, id(details[0].node))  # fields that are merged have the same arguments
        known = self._constants.get(key) or self._known.get(key)
        if known is None:
            known = self._known[key] = _converted(executor, definition, details)
            if key not in self._constants:
                self._constants[key] = None if _varies(details[0].node) else known
        return known


def _varies(field: FieldNode) -> bool:
    """Whether a variable stands anywhere in the field's arguments."""
    left: list[Node] = list(field.arguments or ())
    while left:
        node = left.pop()
        if isinstance(node, VariableNode):
            return True
        for key in node.keys:
            value = getattr(node, key, None)
            left.extend(one for one in (value if isinstance(value, tuple | list) else [value]) if isinstance(one, Node))
    return False


def _converted(executor: Executor[Any], definition: GraphQLField, details: FieldDetailsList) -> Mapping[str, Any]:
    first = details[0]
    given = get_argument_values(
        definition, first.node, executor.variable_values, first.fragment_variable_values, executor.hide_suggestions
    )
    return conversion_of(declared(definition), converter_of(executor.schema))(given)
