"""Which columns an operation needs: what it does not ask for is not selected."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    visit,
)

from app.execution.internals import declared
from app.graph.context import Asked
from app.graph.fields import NEEDS


class _Columns(Visitor):
    def __init__(self, schema: GraphQLSchema, types: TypeInfo) -> None:
        super().__init__()
        self.schema = schema
        self.types = types
        self.needed: dict[str, set[str]] = defaultdict(set)

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        for noun in self._nouns(self.types.get_parent_type()):
            self.needed[noun.name].update(columns_of_field(noun, node.name.value))

    def _nouns(self, parent: object) -> Iterator[GraphQLObjectType]:
        if isinstance(parent, GraphQLInterfaceType):
            yield from self.schema.get_possible_types(parent)
        elif isinstance(parent, GraphQLObjectType):
            yield parent


def columns_of_field(parent: GraphQLObjectType, name: str) -> tuple[str, ...]:
    """The columns that the field reads of its row: its own name, or what its resolver says that it needs."""
    field = parent.fields.get(name)
    definition = declared(field)
    if definition is None:
        return ()
    needed: tuple[str, ...] = definition.metadata.get(NEEDS, (definition.python_name,))
    return needed


def columns_asked(schema: GraphQLSchema, document: DocumentNode) -> Asked:
    """For each type, the columns of its rows that any field of the document reads, under skipped fields too."""
    types = TypeInfo(schema)
    columns = _Columns(schema, types)
    visit(document, TypeInfoVisitor(types, columns))
    return {name: frozenset(needed) for name, needed in columns.needed.items()}
