"""Filters: inputs with comparators that become conditions on the rows of a table."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any, ClassVar, Generic, TypeVar

import strawberry
from sqlalchemy import ARRAY, ColumnElement, Text, and_, any_, cast, exists, func, literal, not_, or_, select, true
from strawberry import UNSET

from app.db.source import Source
from app.graph.errors import BadUserInput
from app.graph.ids import parse_id
from app.graph.select import scoped

LONGEST_LIST = 100
DEEPEST = 10  # filters inside filters: nobody writes more by hand

Value = TypeVar("Value")


def given(owner: object) -> Iterator[tuple[str, Any]]:
    """The fields of an input that say something: `null` says as much as leaving a field out."""
    for one in fields(owner):  # type: ignore[arg-type]  # strawberry.input makes dataclasses
        value = getattr(owner, one.name)
        if value is not None and value is not UNSET:
            yield one.name, value


def listed(values: list[Any], name: str) -> list[Any]:
    """`values`, unless they are too many."""
    if len(values) > LONGEST_LIST:
        raise BadUserInput(f"`{name}` holds {len(values)} values: at most {LONGEST_LIST} are allowed.")
    return values


class Comparison:
    """What the comparators share: each field given is a condition, and all of them must hold."""

    def on(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        return and_(true(), *(self.condition(name, value)(column) for name, value in given(self)))

    def condition(self, name: str, value: Any) -> Callable[[ColumnElement[Any]], ColumnElement[bool]]:
        return CONDITIONS[name](value)


# NULL differs from every value, and Python's `!=` would drop such rows.
CONDITIONS: dict[str, Callable[[Any], Callable[[ColumnElement[Any]], ColumnElement[bool]]]] = {
    "eq": lambda value: lambda column: column == value,
    "ne": lambda value: lambda column: column.is_distinct_from(value),
    "in_": lambda values: lambda column: column == any_(cast(listed(values, "in"), ARRAY(column.type))),
    "not_in": lambda values: (
        lambda column: func.coalesce(not_(column == any_(cast(listed(values, "notIn"), ARRAY(column.type)))), true())
    ),
    "lt": lambda value: lambda column: column < value,
    "lte": lambda value: lambda column: column <= value,
    "gt": lambda value: lambda column: column > value,
    "gte": lambda value: lambda column: column >= value,
    "contains": lambda value: lambda column: column.icontains(value, autoescape=True),
    "starts_with": lambda value: lambda column: column.istartswith(value, autoescape=True),
    "is_null": lambda wanted: lambda column: column.is_(None) if wanted else column.is_not(None),
}

EQUAL = "Equal to this."
UNEQUAL = "Not equal to this; objects without a value count as not equal."
AMONG = f"Equal to one of these, at most {LONGEST_LIST}."
NOT_AMONG = f"Equal to none of these, at most {LONGEST_LIST}."
EMPTY = "`true`: has no value. `false`: has one."


def comparator(description: str, name: str | None = None) -> Any:
    """A field of a comparator or filter, left out unless it is given."""
    return strawberry.field(default=UNSET, description=description, name=name)


@strawberry.input(description="Conditions on one of a few values; all given ones must hold.")
class Comparator(Comparison, Generic[Value]):
    eq: Value | None = comparator(EQUAL)
    ne: Value | None = comparator(UNEQUAL)
    in_: list[Value] | None = comparator(AMONG, "in")
    not_in: list[Value] | None = comparator(NOT_AMONG)

    def condition(self, name: str, value: Any) -> Callable[[ColumnElement[Any]], ColumnElement[bool]]:
        plain = [one.value for one in value] if isinstance(value, list) else value.value
        return CONDITIONS[name](plain)


@strawberry.input(description="Conditions on an id; all given ones must hold.")
class IDComparator(Comparison):
    eq: strawberry.ID | None = comparator(EQUAL)
    ne: strawberry.ID | None = comparator(UNEQUAL)
    in_: list[strawberry.ID] | None = comparator(AMONG, "in")
    not_in: list[strawberry.ID] | None = comparator(NOT_AMONG)

    def condition(self, name: str, value: Any) -> Callable[[ColumnElement[Any]], ColumnElement[bool]]:
        argument = name.rstrip("_")
        parsed = [parse_id(one, argument) for one in value] if isinstance(value, list) else parse_id(value, argument)
        return CONDITIONS[name](parsed)


@strawberry.input(description="Conditions on a text; all given ones must hold.")
class StringComparator(Comparison):
    eq: str | None = comparator(EQUAL + " Upper and lower case differ.")
    ne: str | None = comparator(UNEQUAL)
    in_: list[str] | None = comparator(AMONG, "in")
    not_in: list[str] | None = comparator(NOT_AMONG)
    contains: str | None = comparator("Holds this somewhere; upper and lower case are the same.")
    starts_with: str | None = comparator("Begins with this; upper and lower case are the same.")
    is_null: bool | None = comparator(EMPTY)


@strawberry.input(description="Conditions on a number; all given ones must hold.")
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


@strawberry.input(description="Conditions on a date; all given ones must hold.")
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


@strawberry.input(description="Conditions on a moment; all given ones must hold.")
class DateTimeComparator(Comparison):
    eq: datetime | None = comparator(EQUAL)
    ne: datetime | None = comparator(UNEQUAL)
    lt: datetime | None = comparator("Before this moment.")
    lte: datetime | None = comparator("At this moment or before.")
    gt: datetime | None = comparator("After this moment.")
    gte: datetime | None = comparator("At this moment or after.")
    is_null: bool | None = comparator(EMPTY)


@strawberry.input(description="Conditions on a set of tags; all given ones must hold.")
class TagsComparator(Comparison):
    has_all: list[str] | None = comparator("Has every one of these.")
    has_any: list[str] | None = comparator("Has at least one of these.")
    has_none: list[str] | None = comparator("Has none of these.")
    is_empty: bool | None = comparator("`true`: has no tags. `false`: has some.")

    def condition(self, name: str, value: Any) -> Callable[[ColumnElement[Any]], ColumnElement[bool]]:
        if name == "is_empty":
            return lambda column: (func.cardinality(column) == 0) == literal(value)
        tags = cast(listed(value, name), ARRAY(Text))
        if name == "has_all":
            return lambda column: column.op("@>", is_comparison=True)(tags)
        overlap: Callable[[ColumnElement[Any]], ColumnElement[bool]]
        overlap = lambda column: column.op("&&", is_comparison=True)(tags)  # noqa: E731  # one of two, told apart below
        return overlap if name == "has_any" else lambda column: not_(overlap(column))


class Relation:
    """One hop to another noun: rows whose related row passes a filter of its own."""

    def __init__(self, source: Source, column: str) -> None:
        self.source = source
        self.column = column  # of the row that has the relation: the id of the related row


class Conditions:
    """A filter of a noun: comparators by the name of their column, relations, and the words and, or, not."""

    relations: ClassVar[Mapping[str, Relation]] = {}

    def where(self, source: Source, depth: int = 1) -> ColumnElement[bool]:
        """The condition on the rows of `source`; raises BadUserInput."""
        if depth > DEEPEST:
            raise BadUserInput(f"A filter may hold filters {DEEPEST} deep, not deeper.")
        return and_(true(), *(self._one(source, name, value, depth + 1) for name, value in given(self)))

    def _one(self, source: Source, name: str, value: Any, depth: int) -> ColumnElement[bool]:
        if name == "and_":
            return and_(true(), *(one.where(source, depth) for one in listed(value, "and")))
        if name == "or_":
            return or_(not_(true()), *(one.where(source, depth) for one in listed(value, "or")))
        if name == "not_":
            return not_(func.coalesce(value.where(source, depth), not_(true())))
        if name in self.relations:
            return related(source, self.relations[name], value, depth)
        column = source.columns[name]
        return column == literal(value) if isinstance(value, bool) else value.on(column)


def related(source: Source, relation: Relation, condition: Conditions, depth: int) -> ColumnElement[bool]:
    """Whether the row that `relation` leads to passes `condition`; it must be of another table."""
    other = relation.source
    inner = select(1).select_from(other.table).where(other.columns["id"] == source.columns[relation.column])
    if "organization_id" in other.columns:
        inner = inner.where(other.columns["organization_id"] == source.columns["organization_id"], scoped(other))
    return exists(inner.where(condition.where(other, depth)).correlate_except(other.table))
