"""The objects in the lists of an answer, counted while it is made: each as often as it stands there."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from graphql import GraphQLList, GraphQLOutputType, get_named_type, get_nullable_type, is_composite_type

from app.graph.budget import Shown
from app.graph.fields import Column


def is_list(type_: GraphQLOutputType) -> bool:
    return isinstance(get_nullable_type(type_), GraphQLList)


def note_list(shown: Shown, type_: GraphQLOutputType, values: Any) -> None:
    """Counts the objects of one list, whose type is `type_`. Raises TooManyObjects."""
    if isinstance(values, list) and is_composite_type(get_named_type(type_)):
        shown.note(len(values) - values.count(None))


def note_repeated(shown: Shown, rows: Column, once: Sequence[Any], made: Sequence[dict[str, Any]]) -> None:
    """Counts what rows that come several times have in their lists, beyond the first time.

    `once` are the rows without repetition, and `made` is what became of them. Raises TooManyObjects.
    """
    times = Counter(map(id, rows))
    known: dict[int, int] = {}
    shown.note(sum((times[id(row)] - 1) * _in_lists(one, known) for row, one in zip(once, made, strict=True)))


def _in_lists(value: Any, known: dict[int, int]) -> int:
    """How many objects are in lists anywhere in `value`; `known` are those objects that have been looked through.

    What stands in an answer several times is one object in memory, so this takes as long as making it did.
    """
    if isinstance(value, list):
        return sum(isinstance(one, dict) + _in_lists(one, known) for one in value)
    if not isinstance(value, dict):
        return 0
    if id(value) not in known:
        known[id(value)] = sum(_in_lists(one, known) for one in value.values())
    return known[id(value)]
