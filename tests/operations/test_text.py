"""Strings with U+0000 among the variables: named by their places, whatever those are."""

import tracemalloc
from typing import Any

from app.operations.text import nul_errors


def nested(value: Any, depth: int) -> Any:
    for _ in range(depth):
        value = [value]
    return value


def test_each_is_named_by_its_place() -> None:
    errors = nul_errors({"a": "fits", "b": {"c": ["fits", "\0"]}, "d": "e\0"})
    assert [error.extensions for error in errors] == [
        {"code": "BAD_USER_INPUT", "inputPath": ["d"]},
        {"code": "BAD_USER_INPUT", "inputPath": ["b", "c", 1]},
    ]


def test_of_very_many_the_first_few_are_told() -> None:
    assert len(nul_errors({"a": ["\0"] * 1_000})) == 20


def test_many_strings_deep_inside_take_little_memory() -> None:
    """A path for each, as long as it is deep, would be 140 MB of 60 KB that were sent."""
    variables = {"a": nested(["\0"] * 20_000, 900)}
    tracemalloc.start()
    nul_errors(variables)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 20_000_000
