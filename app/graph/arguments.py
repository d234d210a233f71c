"""The arguments of fields, converted once: a filter may hold thousands of values and stand beside thousands of rows."""

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLField, GraphQLObjectType
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.executor import Executor
from graphql.execution.values import get_argument_values

from app.graph.convert import converter_of


class Arguments:
    """The arguments of one operation's fields as Python has them.

    Where an answer is completed row by row each row asks for them. Converting thousands of values takes milliseconds:
    done for each of 100 rows, that would hold the event loop for seconds.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], Mapping[str, Any]] = {}

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
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = _converted(executor, definition, details)
        return known


def _converted(executor: Executor[Any], definition: GraphQLField, details: FieldDetailsList) -> Mapping[str, Any]:
    first = details[0]
    given = get_argument_values(
        definition, first.node, executor.variable_values, first.fragment_variable_values, executor.hide_suggestions
    )
    converter = executor.schema._strawberry_schema.schema_converter  # type: ignore[attr-defined]  # noqa: SLF001  # Strawberry's own back reference
    return converter_of(definition.extensions["strawberry-definition"], converter)(given)
