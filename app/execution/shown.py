"""The objects in the lists of an answer, counted while it is made: each as often as it stands there."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from graphql import GraphQLList, GraphQLOutputType, get_named_type, get_nullable_type, is_composite_type

from app.graph.budget import Shown
from app.graph.fields import Column

LONG = 1_000  # characters; what is shorter is bounded by how many objects there are


def is_list(type_: GraphQLOutputType) -> bool:
    return isinstance(get_nullable_type(type_), GraphQLList)


def note_list(shown: Shown, type_: GraphQLOutputType, values: Any) -> None:
    """Counts the objects of one list, whose type is `type_`. Raises TooManyObjects."""
    if isinstance(values, list) and is_composite_type(get_named_type(type_)):
        shown.note(len(values) - values.count(None))


def note_leaf(shown: Shown, value: Any) -> None:
    """Counts one text, if it is long. Raises TooMuchText."""
    if isinstance(value, str) and len(value) > LONG:
        shown.note(0, text=len(value.encode()))


def note_repeated(shown: Shown, rows: Column, once: Sequence[Any], made: Sequence[dict[str, Any]]) -> None:
    """Counts what is in rows that come several times, beyond the first time: objects of lists, and long texts.

    `once` are the rows without repetition, and `made` is what became of them. Raises BudgetExceeded.
    """
    times = Counter(map(id, rows))
    known: dict[int, Amount] = {}
    objects = text = 0
    for row, one in zip(once, made, strict=True):
        amount = _amount(one, known)
        objects += (times[id(row)] - 1) * amount.objects
        text += (times[id(row)] - 1) * amount.text
    shown.note(objects, text_repeated=text)


class Amount(NamedTuple):
    """What is in a part of an answer: objects of lists, and bytes of long texts."""

    objects: int
    text: int


def _amount(value: Any, known: dict[int, Amount]) -> Amount:
    """What is anywhere in `value`; `known` are those objects that have been looked through.

    What stands in an answer several times is one object in memory, so this takes as long as making it did.
    """
    if isinstance(value, str):
        return Amount(0, len(value.encode()) if len(value) > LONG else 0)
    if not isinstance(value, dict | list):
        return Amount(0, 0)
    if id(value) not in known:
        inner = [_amount(one, known) for one in (value.values() if isinstance(value, dict) else value)]
        listed = sum(isinstance(one, dict) for one in value) if isinstance(value, list) else 0
        known[id(value)] = Amount(listed + sum(one.objects for one in inner), sum(one.text for one in inner))
    return known[id(value)]
