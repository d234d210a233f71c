"""Bulk completion against graphql-core's own executor, operation by operation."""

import asyncio
import gc
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple

from graphql import GraphQLSchema, validate
from hypothesis import assume
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from app.execution.bulk import BulkExecutor
from tests.execution.sameness.answers import Answer, Call, Error, answer
from tests.operations_strategy import Operation

Contexts = Callable[[], AbstractAsyncContextManager[Any]]  # a new one for each answer; it notes its `calls`


@dataclass
class Tally:
    """What was seen in all examples."""

    examples: int = 0
    with_errors: int = 0
    by_timing: int = 0  # the errors were the same but for the timing
    incomparable: int = 0  # a fault hits by the order of calls, and the calls were not the same
    more_calls: int = 0  # bulk completion called loaders more often, in an answer without errors


class _Seen(NamedTuple):
    answer: Answer
    calls: list[Call]
    warnings: list[str]


@dataclass
class Comparison:
    """Compares the answers of both executors.

    Their data must be the same text: values, nulls, and keys in their order. So must be their errors, with message,
    path, locations, extensions and what was raised; but in any order, as which sibling fails first is the loop's doing.

    That can show once more: what an error has made null cannot have further errors, so of two siblings that fail under
    one parent that becomes null, only the first to fail is told, or both if the second does not reach the parent. Bulk
    completion has loaded everything when graphql-core takes over, and so siblings can end in another order. Where the
    errors are not the same, these must be: the positions that they made null, and that each is an error which
    graphql-core meets when errors are kept from reaching further than their own field. A position with but one such
    error then has that one in both.
    """

    schema: GraphQLSchema
    tally: Tally

    async def check(self, operation: Operation, contexts: Contexts, *, by_calls: bool = False) -> None:
        """`by_calls`: which loads fail depends on the order of the loaders' calls."""
        try:
            await self._check(operation, contexts, by_calls=by_calls)
        except AssertionError:
            assume(not validate(self.schema, operation.document))
            raise

    async def _check(self, operation: Operation, contexts: Contexts, *, by_calls: bool) -> None:
        ours, our_calls, warned = await self._answer(BulkExecutor, operation, contexts)
        theirs, their_calls, _ = await self._answer(StrawberryGraphQLCoreExecutionContext, operation, contexts)
        assert loaded_twice(our_calls) == []
        # graphql-core itself leaves siblings of an error to end by themselves, and some of them unawaited.
        assert ours.errors or not ours.left
        assert ours.errors or not warned or not (await self._answer(BulkExecutor, operation, contexts)).warnings
        self.tally.examples += 1
        self.tally.with_errors += bool(theirs.errors)
        self.tally.more_calls += not ours.errors and len(our_calls) > len(their_calls)
        if by_calls and sorted(map(repr, our_calls)) != sorted(map(repr, their_calls)):
            self.tally.incomparable += 1
            return
        assert ours.text == theirs.text
        if ours.errors != theirs.errors:
            kept = await self._answer(StrawberryGraphQLCoreExecutionContext, operation, contexts, keep_errors=True)
            assert same_but_for_timing(ours, theirs, kept.answer.errors), (ours.errors, theirs.errors)
            self.tally.by_timing += 1

    async def _answer(self, kind: Any, operation: Operation, contexts: Contexts, **more: bool) -> _Seen:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            async with contexts() as context:
                made = await answer(kind, self.schema, operation, context, **more)
                calls = context.calls
            del context
            await asyncio.sleep(0)  # the loop holds on to what has ended for one more turn
            gc.collect()  # a coroutine that nobody awaited says so when it is collected
            gc.freeze()  # what is still there is never looked at again: most of the time would go into that
        return _Seen(made, calls, [str(one.message) for one in warned])


def loaded_twice(calls: list[Call]) -> list[object]:
    """What a loader was asked for more than once with the same arguments."""
    asked = Counter((name, arguments, key) for name, arguments, keys in calls for key in keys)
    return [one for one, times in asked.items() if times > 1]


def same_but_for_timing(ours: Answer, theirs: Answer, all_errors: list[Error]) -> bool:
    """Whether the errors of two answers with the same data differ only in which siblings were the first to fail."""
    our_nulls, their_nulls = ({nulled(one.data, error) for error in one.errors} for one in (ours, theirs))
    return our_nulls == their_nulls and {*ours.errors, *theirs.errors} <= {*all_errors}


def nulled(data: Any, error: Error) -> tuple[str, ...]:
    """The position that the error has made null."""
    for depth, step in enumerate(error.path):
        if data is None:
            return error.path[:depth]
        data = data[int(step)] if isinstance(data, list) else data[step]
    assert data is None, f"{error} is told of a value that is there"
    return error.path
