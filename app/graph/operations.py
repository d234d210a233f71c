"""Documents become operations: parsed, validated and looked through once, however often they come."""

from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

from cachetools import LRUCache
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_operation_ast,
    parse,
    validate,
)
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from app.graph.columns import columns_asked
from app.graph.context import Asked, Context
from app.graph.rules import RULES

# A parsed document takes some thirty times its text, which is what is counted.
LARGEST_CACHE = 4 * 1024 * 1024
NOTHING = DocumentNode(definitions=())


class Refused(Exception):
    """An operation that cannot be run at all: nothing has been executed."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors)
        self.errors = errors


@dataclass(frozen=True)
class Document:
    """A document and what was found out about it; with `errors` it cannot be run."""

    tree: DocumentNode  # empty where the text could not be parsed
    errors: list[GraphQLError]
    asked: Asked
    size: int  # of its text, in characters

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation of that name, or the only one; raises Refused."""
        operation = get_operation_ast(self.tree, name)
        if operation is None:
            wanted = (
                f"has no operation named {name!r}" if name else "has several operations: name one in `operationName`"
            )
            raise Refused([GraphQLError(f"The document {wanted}.", extensions={"code": "BAD_USER_INPUT"})])
        return operation


class Documents:
    """The documents that came lately, bounded by the size of their text: a flood of new ones costs no more memory."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self._known: LRUCache[str, Document] = LRUCache(LARGEST_CACHE, getsizeof=lambda known: known.size)

    def get(self, source: str) -> Document:
        """The document of this text."""
        known = self._known.get(source)
        if known is None:
            known = self._read(source)
            if len(source) <= LARGEST_CACHE:
                self._known[source] = known
        return known

    def _read(self, source: str) -> Document:
        try:
            tree = parse(source)
        except (GraphQLError, RecursionError) as raised:
            error = raised if isinstance(raised, GraphQLError) else GraphQLError("The document is nested too deeply.")
            error.extensions = {"code": "GRAPHQL_PARSE_FAILED"}
            return Document(NOTHING, [error], {}, len(source))
        errors = validate(self.schema, tree, RULES)
        return Document(tree, errors, {} if errors else columns_asked(self.schema, tree), len(source))


async def execute(
    schema: GraphQLSchema, document: DocumentNode, context: Context, variables: dict[str, Any], name: str | None
) -> ExecutionResult:
    """Runs an operation of a valid document; raises Refused where its variables do not fit."""
    executor = StrawberryGraphQLCoreExecutionContext.build(
        schema, document, context_value=context, raw_variable_values=variables, operation_name=name
    )
    if isinstance(executor, list):
        for error in executor:
            error.extensions = {"code": "BAD_USER_INPUT"}
        raise Refused(executor)
    result: Any = executor.execute_operation()
    answer: ExecutionResult = await result if isawaitable(result) else result
    return answer


def is_query(operation: OperationDefinitionNode) -> bool:
    return operation.operation is OperationType.QUERY
