"""What we take of Strawberry and graphql-core that neither promises to keep: no other file names their insides.

Both are pinned to the minor version that the suite has run with. `make newest` runs it with the newest of each.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import strawberry
from graphql import GraphQLField, GraphQLInputObjectType, GraphQLNamedType, GraphQLSchema
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.execution.executor import CollectedErrors, to_nodes
from graphql.pyutils import Path
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.name_converter import NameConverter
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryList, StrawberryObjectDefinition, StrawberryOptional
from strawberry.types.field import StrawberryField

from app.graph.fields import NAMED_AFTER_TYPE

__all__ = [
    "CollectedErrors",
    "FieldDetailsList",
    "GraphQLCoreConverter",
    "GroupedFieldSet",
    "Names",
    "Path",
    "StrawberryField",
    "StrawberryGraphQLCoreExecutionContext",
    "StrawberryList",
    "StrawberryObjectDefinition",
    "StrawberryOptional",
    "converter_of",
    "declared",
    "definition_of",
    "is_one_of",
    "optimized_is_awaitable",
    "schema_of",
    "to_nodes",
    "write_values_as",
]

DECLARATION = "strawberry-definition"  # where the schema keeps what its classes said


def write_values_as(write: Callable[[Any], str]) -> None:
    """Has graphql-core write what clients have sent by `write` in its messages, and not as Python would."""
    import_module("graphql.pyutils.inspect").inspect_recursive = lambda value, _seen: write(value)  # type: ignore[attr-defined]  # which its `inspect` calls


def declared(part: GraphQLField | GraphQLNamedType | None) -> Any:
    """What a class of ours said of a field or type; None for what GraphQL brings along."""
    return part and part.extensions.get(DECLARATION)


def is_one_of(type_: GraphQLInputObjectType) -> bool:
    """Whether exactly one field of the input is to be given."""
    return bool(type_.extensions[DECLARATION].is_one_of)


def definition_of(type_: Any) -> StrawberryObjectDefinition | None:
    """What a class of ours declares, where it is a GraphQL type."""
    definition = getattr(type_, "__strawberry_definition__", None)
    return definition if isinstance(definition, StrawberryObjectDefinition) else None


class Names(NameConverter):
    """What fields are called: some of generic types after what these are made of."""

    def from_field(self, field: StrawberryField) -> str:
        if not field.metadata.get(NAMED_AFTER_TYPE):
            return super().from_field(field)
        optional: Any = field.type
        name = self.from_type(optional.of_type.__strawberry_definition__)
        return name[0].lower() + name[1:]


def schema_of(schema: strawberry.Schema) -> GraphQLSchema:
    """The schema as graphql-core executes it."""
    return schema._schema  # noqa: SLF001


def converter_of(schema: GraphQLSchema) -> GraphQLCoreConverter:
    """Strawberry's converter between its types and graphql-core's."""
    converter: GraphQLCoreConverter = schema._strawberry_schema.schema_converter  # type: ignore[attr-defined]  # noqa: SLF001  # Strawberry's own back reference
    return converter
