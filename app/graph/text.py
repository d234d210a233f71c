"""Text from outside that no column can hold."""

from collections.abc import Iterator
from typing import Any

from graphql import GraphQLError


def nul_errors(variables: dict[str, Any]) -> list[GraphQLError]:
    """One error for each string with U+0000, with its path into the variables: PostgreSQL's text cannot hold it."""
    return [
        GraphQLError(
            f"The variable `{'.'.join(map(str, path))}` holds the character NUL (U+0000): leave it out.",
            extensions={"code": "BAD_USER_INPUT", "inputPath": path},
        )
        for path, text in _texts(variables)
        if "\0" in text
    ]


def _texts(variables: dict[str, Any]) -> Iterator[tuple[list[str | int], str]]:
    # A stack of our own: a client decides how deep this goes.
    left: list[tuple[list[str | int], Any]] = [([], variables)]
    while left:
        path, value = left.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, dict):
            left.extend(([*path, name], inner) for name, inner in value.items())
        elif isinstance(value, list):
            left.extend(([*path, place], inner) for place, inner in enumerate(value))
