"""Comparators: inputs whose fields are conditions on one column."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import date, datetime
from typing import Any, Generic, TypeVar

import strawberry
from strawberry import UNSET

from app.db.columns import Expression
from app.filters.texts import text_compared
from app.graph.conditions import Condition, Values, all_of, compared
from app.graph.errors import BadUserInput
from app.graph.filter_path import LONGEST_LIST, FilterPath, listed
from app.graph.ids import parse_id
from app.spelling import composed

Value = TypeVar("Value")


# At the end of what each of these inputs is described by.
ALL_HOLD = (
    "all given ones must hold. `null` is refused: leave out what is not asked for, and ask for what has no value by "
    "`isNull`."
)


def given(owner: object, path: FilterPath) -> Iterator[tuple[str, Any]]:
    """The fields of an input that are given. Raises BadUserInput where one is null.

    A client's undefined variable comes as null: a condition that it should have been part of would let everything pass.
    """
    for one in fields(owner):  # type: ignore[arg-type]  # strawberry.input makes dataclasses
        value = getattr(owner, one.name)
        if value is None:
            raise BadUserInput(
                f"`{path.of(one.name).text}` is null: leave it out. What has no value is found by `isNull: true`, and "
                "what leads to nothing by `not: {…: {}}`."
            )
        if value is not UNSET:
            yield one.name, value


class Comparison:
    """What the comparators share: each field given is a condition, and all of them must hold."""

    def on(self, column: Expression, path: FilterPath, values: Values) -> Condition:
        """Raises BadUserInput, also where nothing is given: JSON leaves out what is undefined."""
        parts = [self._one(column, name, value, path.of(name), values) for name, value in given(self, path)]
        if not parts:
            raise BadUserInput(f"`{path.text}` is empty: give one of its fields, or leave it out.")
        return all_of(*parts)

    def _one(self, column: Expression, name: str, value: Any, path: FilterPath, values: Values) -> Condition:
        path.check()
        plain = self.plain(listed(value, path) if isinstance(value, list) else value, path)
        return compared(column, name, plain, values)

    def plain(self, value: Any, path: FilterPath) -> Any:  # noqa: ARG002  # for those that parse
        """The value as the database knows it; raises BadUserInput."""
        return value


EQUAL = "Equal to this."
UNEQUAL = "Not equal to this; objects without a value count as not equal."
AMONG = f"Equal to one of these, at most {LONGEST_LIST}."
NOT_AMONG = f"Equal to none of these, at most {LONGEST_LIST}."
EMPTY = "`true`: has no value. `false`: has one."


def comparator(description: str, name: str | None = None) -> Any:
    """A field of a comparator or filter, left out unless it is given."""
    return strawberry.field(default=UNSET, description=description, name=name)


@strawberry.input(description="Conditions on one of a few values; " + ALL_HOLD)
class Comparator(Comparison, Generic[Value]):
    eq: Value | None = comparator(EQUAL)
    ne: Value | None = comparator(UNEQUAL)
    in_: list[Value] | None = comparator(AMONG, "in")
    not_in: list[Value] | None = comparator(NOT_AMONG)

    def plain(self, value: Any, path: FilterPath) -> Any:  # noqa: ARG002  # an enumeration is parsed
        return [one.value for one in value] if isinstance(value, list) else value.value


@strawberry.input(description="Conditions on an id; " + ALL_HOLD)
class IDComparator(Comparison):
    eq: strawberry.ID | None = comparator(EQUAL)
    ne: strawberry.ID | None = comparator(UNEQUAL)
    in_: list[strawberry.ID] | None = comparator(AMONG, "in")
    not_in: list[strawberry.ID] | None = comparator(NOT_AMONG)

    def plain(self, value: Any, path: FilterPath) -> Any:
        if isinstance(value, list):
            return [parse_id(one, path.of(str(index)).text) for index, one in enumerate(value)]
        return parse_id(value, path.text)


@strawberry.input(
    description="Conditions on a text, in which upper and lower case are the same, as in `STRASSE` and `straße`, and "
    "letters however they are composed (NFC), while accents differ; " + ALL_HOLD
)
class StringComparator(Comparison):
    eq: str | None = comparator("Is this.")
    ne: str | None = comparator("Is not this; objects without a value count as not equal.")
    in_: list[str] | None = comparator(f"Is one of these, at most {LONGEST_LIST}.", "in")
    not_in: list[str] | None = comparator(f"Is none of these, at most {LONGEST_LIST}.")
    contains: str | None = comparator("Holds this somewhere.")
    starts_with: str | None = comparator("Begins with this.")
    is_null: bool | None = comparator(EMPTY)

    def _one(self, column: Expression, name: str, value: Any, path: FilterPath, values: Values) -> Condition:
        if name == "is_null":
            return super()._one(column, name, value, path, values)
        path.check()
        return text_compared(column, name, listed(value, path) if isinstance(value, list) else value, values)


@strawberry.input(description="Conditions on a number; " + ALL_HOLD)
class FloatComparator(Comparison):
    eq: float | None = comparator(EQUAL)
    ne: float | None = comparator(UNEQUAL)
    in_: list[float] | None = comparator(AMONG, "in")
    not_in: list[float] | None = comparator(NOT_AMONG)
    lt: float | None = comparator("Less than this.")
    lte: float | None = comparator("At most this.")
    gt: float | None = comparator("More than this.")
    gte: float | None = comparator("At least this.")
    is_null: bool | None = comparator(EMPTY)


@strawberry.input(description="Conditions on a whole number; " + ALL_HOLD)
class IntComparator(Comparison):
    eq: int | None = comparator(EQUAL)
    ne: int | None = comparator(UNEQUAL)
    in_: list[int] | None = comparator(AMONG, "in")
    not_in: list[int] | None = comparator(NOT_AMONG)
    lt: int | None = comparator("Less than this.")
    lte: int | None = comparator("At most this.")
    gt: int | None = comparator("More than this.")
    gte: int | None = comparator("At least this.")


@strawberry.input(description="Conditions on a date; " + ALL_HOLD)
class DateComparator(Comparison):
    eq: date | None = comparator(EQUAL)
    ne: date | None = comparator(UNEQUAL)
    in_: list[date] | None = comparator(AMONG, "in")
    not_in: list[date] | None = comparator(NOT_AMONG)
    lt: date | None = comparator("Before this day.")
    lte: date | None = comparator("On this day or before.")
    gt: date | None = comparator("After this day.")
    gte: date | None = comparator("On this day or after.")
    is_null: bool | None = comparator(EMPTY)


@strawberry.input(description="Conditions on a moment; " + ALL_HOLD)
class DateTimeComparator(Comparison):
    eq: datetime | None = comparator(EQUAL)
    ne: datetime | None = comparator(UNEQUAL)
    lt: datetime | None = comparator("Before this moment.")
    lte: datetime | None = comparator("At this moment or before.")
    gt: datetime | None = comparator("After this moment.")
    gte: datetime | None = comparator("At this moment or after.")
    is_null: bool | None = comparator(EMPTY)


@strawberry.input(description="Conditions on a set of tags, whose upper and lower case differ; " + ALL_HOLD)
class TagsComparator(Comparison):
    has_all: list[str] | None = comparator("Has every one of these, at most 100.")
    has_any: list[str] | None = comparator("Has at least one of these, at most 100.")
    has_none: list[str] | None = comparator("Has none of these, at most 100.")
    is_empty: bool | None = comparator("`true`: has no tags. `false`: has some.")

    def plain(self, value: Any, path: FilterPath) -> Any:  # noqa: ARG002  # tags have no place of their own
        return [composed(tag) for tag in value] if isinstance(value, list) else value
