"""The second way to complete an answer: graphql-core's own, which bulk completion must not differ from."""

from typing import Any

from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

# Tests of what is read; each runs in both ways.
READING = {"test_queries.py", "test_types.py", "test_paging.py", "test_walking.py"}


class OneByOne(StrawberryGraphQLCoreExecutionContext):
    """Completes every field of every row by itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        del kwargs["plans"], kwargs["constants"]  # only bulk completion has any
        super().__init__(*args, **kwargs)

    def drop_unawaited(self) -> None:
        """Nothing: what only bulk completion leaves behind."""
