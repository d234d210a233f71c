"""Attempts: a part of an answer is completed one way, and where anything is wrong with it graphql-core's own way.

At the first error, wherever it is, the attempt is dropped, and graphql-core completes that part of the answer from its
beginning: which errors there are, with which paths, and what they make null is then its doing alone. What had been
loaded is kept, so that nothing is loaded twice.
"""

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from copy import copy
from inspect import CORO_CREATED, getcoroutinestate, isawaitable
from types import CoroutineType
from typing import Any, Self

from graphql import GraphQLLeafType, GraphQLOutputType, GraphQLResolveInfo

from app.execution.internals import CollectedErrors, FieldDetailsList, Path, StrawberryGraphQLCoreExecutionContext
from app.execution.shown import note_leaf
from app.graph.budget import Shown
from app.graph.fields import Coming


class AttemptingExecutor(StrawberryGraphQLCoreExecutionContext):
    """Strawberry's executor, with a way to try another one's part first."""

    one_by_one = False  # so in the copy that completes what was irregular

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shown: Shown = self.context_value.budget.shown
        self.coming: list[Coroutine[Any, Any, Any]] = []  # what somebody was to await; shared with the copies

    def __copy__(self) -> Self:
        twin = object.__new__(type(self))
        vars(twin).update(vars(self))
        return twin

    def complete_leaf_value(  # type: ignore[override]  # a static method there, called as one of an object
        self, return_type: GraphQLLeafType, result: Any
    ) -> Any:
        """Where graphql-core completes an answer, each of its texts comes by here."""
        value = super().complete_leaf_value(return_type, result)
        note_leaf(self.shown, value)
        return value

    def complete_awaitable_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Coroutine[Any, Any, Any]:
        """As graphql-core does it; what a resolver began may never be awaited."""
        begun = result.value if isinstance(result, Coming) else result
        if isinstance(begun, CoroutineType):
            self.coming.append(begun)
        return super().complete_awaitable_value(return_type, field_details_list, info, path, result, position_context)

    def attempt(self, label: str, quickly: Callable[[Self], Any], slowly: Callable[[Self], Any]) -> Any:
        """What `quickly` makes of a copy of this executor: a value, or an awaitable of it, in a list of one.

        Where that fails, or collects errors, what `slowly` makes of another; `label` is the field that this is told of.
        """
        quick = copy(self)
        quick.collected_errors = CollectedErrors()
        quick.shown = Shown(self.shown.budget)  # what comes to nothing is not counted
        try:
            column = quickly(quick)
        except Exception:  # noqa: BLE001  # whatever it is, graphql-core will meet it again and say where
            return slowly(self._slow(label))
        if isinstance(column, list):
            self.shown.add(quick.shown)
            return column[0]
        return self.noted(self._attempt_later(label, quick, column, slowly))

    async def _attempt_later(
        self, label: str, quick: Self, column: Awaitable[list[Any]], slowly: Callable[[Self], Any]
    ) -> Any:
        with suppress(Exception):  # as above
            completed = (await column)[0]
            if not quick.collected_errors.errors:
                self.shown.add(quick.shown)
                return completed
        completed = slowly(self._slow(label))
        return await completed if isawaitable(completed) else completed

    def _slow(self, label: str) -> Self:
        """This executor, with the same errors, as graphql-core wrote it: for what is under the field of that label.

        Raises TooManyObjects where that is what is wrong: the answer will not be used.
        """
        self.shown.budget.check()
        self.context_value.note_one_by_one(label, 1)
        slow = copy(self)
        slow.one_by_one = True
        return slow

    def noted(self, coming: Coroutine[Any, Any, Any]) -> Coroutine[Any, Any, Any]:
        self.coming.append(coming)
        return coming

    def drop_unawaited(self) -> None:
        """Closes what nobody came to await, where an operation was cut short: Python would warn of each."""
        for one in self.coming:
            if getcoroutinestate(one) == CORO_CREATED:
                one.close()


def label_of(info: GraphQLResolveInfo[Any]) -> str:
    return f"{info.parent_type.name}.{info.field_name}"
