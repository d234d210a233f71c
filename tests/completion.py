"""The second way to complete an answer: graphql-core's own, which bulk completion must not differ from."""

from typing import Any

from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from app.execution.shown import note_leaf, note_list

# Tests of what is read; each runs in both ways.
READING = {"test_queries.py", "test_types.py", "test_paging.py", "test_walking.py", "test_loaded.py"}


class OneByOne(StrawberryGraphQLCoreExecutionContext):
    """Completes every field of every row by itself, and counts the objects as they come."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        del kwargs["plans"], kwargs["constants"]  # only bulk completion has any
        super().__init__(*args, **kwargs)

    def complete_list_value(self, return_type: Any, details: Any, info: Any, path: Any, result: Any, place: Any) -> Any:
        note_list(self.context_value.budget.shown, return_type, result)
        return super().complete_list_value(return_type, details, info, path, result, place)

    def complete_leaf_value(self, return_type: Any, result: Any) -> Any:  # type: ignore[override]  # as in AttemptingExecutor
        value = super().complete_leaf_value(return_type, result)
        note_leaf(self.context_value.budget.shown, value)
        return value

    def drop_unawaited(self) -> None:
        """Nothing: what only bulk completion leaves behind."""
