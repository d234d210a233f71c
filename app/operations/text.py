"""Text from outside that no column can hold."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from graphql import GraphQLError

from app.execution.internals import Path

MOST_TOLD = 20  # an error spells out where it is, and that may be deep: a small body could ask for gigabytes of them


def nul_errors(variables: dict[str, Any]) -> list[GraphQLError]:
    """An error for each of the first strings with U+0000, with its path into the variables.

    PostgreSQL's text cannot hold it.
    """
    return [_nul_error(path.as_list()) for path in islice(_with_nul(variables), MOST_TOLD)]


def _nul_error(path: list[str | int]) -> GraphQLError:
    return GraphQLError(
        f"The variable `{'.'.join(map(str, path))}` holds the character NUL (U+0000): leave it out.",
        extensions={"code": "BAD_USER_INPUT", "inputPath": path},
    )


def _with_nul(variables: dict[str, Any]) -> Iterator[Path]:
    # A stack of our own, and paths that share what they begin with: a client decides how deep this goes.
    left: list[tuple[Path, Any]] = [(Path(None, name, None), value) for name, value in variables.items()]
    while left:
        path, value = left.pop()
        if isinstance(value, str):
            if "\0" in value:
                yield path
        elif isinstance(value, dict):
            left.extend((path.add_key(name), inner) for name, inner in value.items())
        elif isinstance(value, list):
            left.extend((path.add_key(place), inner) for place, inner in enumerate(value))
