"""What an executor answers, in a form that two of them can be compared in."""

import asyncio
import json
from collections.abc import Hashable
from dataclasses import dataclass, replace
from inspect import isawaitable
from typing import Any

from graphql import DirectiveNode, DocumentNode, GraphQLError, GraphQLSchema, NameNode, OperationDefinitionNode
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from tests.operations_strategy import Operation

LONGEST_REST = 10  # seconds for what an error left running to come to its end
KEEPING_ERRORS = DirectiveNode(name=NameNode(value="experimental_disableErrorPropagation"))

Call = tuple[str, tuple[Hashable, ...], tuple[Hashable, ...]]  # of a loader: its name, arguments and keys


@dataclass(frozen=True, order=True)
class Error:
    """All that a client is told of an error, and what it was raised as."""

    path: tuple[str, ...]
    message: str
    locations: tuple[tuple[int, int], ...]
    extensions: str
    original: str


@dataclass
class Answer:
    data: Any
    text: str  # of the data, with its keys in their order
    errors: list[Error]
    left: bool = False  # whether something was still running when the answer was there


async def answer(
    kind: type[StrawberryGraphQLCoreExecutionContext],
    schema: GraphQLSchema,
    operation: Operation,
    context: Any,
    *,
    keep_errors: bool = False,
) -> Answer:
    """What an executor of that kind answers; with `keep_errors` no error reaches further than its own field."""
    executor: Any = kind.build(
        schema,
        _document(operation, keep_errors=keep_errors),
        context_value=context,
        raw_variable_values=operation.variables,
        operation_name=operation.name,
        is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # a TypeGuard in all but name
    )
    return await _executed(executor)


async def _executed(executor: Any) -> Answer:
    if isinstance(executor, list):
        return Answer(None, "null", sorted(map(_error, executor)))
    before = asyncio.all_tasks()
    result = executor.execute_operation()
    result = await result if isawaitable(result) else result
    made = Answer(result.data, json.dumps(result.data, default=repr), sorted(map(_error, result.errors or [])))
    made.left = bool(asyncio.all_tasks() - before)
    await _come_to_an_end(before)
    return made


async def _come_to_an_end(before: set[asyncio.Task[Any]]) -> None:
    while left := asyncio.all_tasks() - before:
        _, endless = await asyncio.wait(left, timeout=LONGEST_REST)
        assert not endless, "what an error left behind goes on for ever"


def _document(operation: Operation, *, keep_errors: bool) -> DocumentNode:
    document = operation.document
    if not keep_errors:
        return document
    definitions = (
        replace(one, directives=(KEEPING_ERRORS,)) if isinstance(one, OperationDefinitionNode) else one
        for one in document.definitions
    )
    return DocumentNode(definitions=tuple(definitions))


def _error(error: GraphQLError) -> Error:
    original: Any = error.original_error
    return Error(
        tuple(map(str, error.path or ())),
        error.message,
        tuple((place.line, place.column) for place in error.locations or ()),
        json.dumps(error.extensions, default=repr),
        f"{type(original).__name__}: {original}",
    )
