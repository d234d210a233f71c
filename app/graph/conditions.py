"""Conditions in SQL whose values are parameters: those of the same shape are the same SQL, which is made once."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Text,
    and_,
    any_,
    bindparam,
    func,
    literal_column,
    not_,
    or_,
    true,
)
from sqlalchemy.types import TypeEngine

from app.db.columns import Expression
from app.db.statement import Parameters


@dataclass(frozen=True)
class Condition:
    """What rows must hold; equal to all of its `shape`, for which `clause` says the same.

    Statements are kept by it, so it holds none of the values. A `narrow` one lets few rows of an organization through,
    which an index finds.
    """

    shape: Hashable
    clause: Callable[[], ColumnElement[bool]] = field(compare=False, repr=False)
    narrow: bool = field(default=False, compare=False)


class Chosen(NamedTuple):
    """A condition, and the values of its parameters by their names."""

    condition: Condition
    values: Parameters


class Values(dict[str, Any]):
    """The values of one condition: places in it have the same names in all conditions of its shape."""

    def add(self, value: Any) -> str:
        """The name of the parameter that has this value."""
        name = f"filter_{len(self)}"
        self[name] = value
        return name


class Test(NamedTuple):
    """How a column is compared with a value: of which type that is, and what is sent of it."""

    compare: Callable[[Expression, Expression], ColumnElement[bool]]
    type_of: Callable[[Expression, Any], TypeEngine[Any]] = lambda column, value: column.type.coerce_compared_value(
        None, value
    )
    sent: Callable[[Any], Any] = lambda value: value


def all_of(*parts: Condition) -> Condition:
    """Whether all of `parts` hold."""
    return Condition(
        ("and", *(part.shape for part in parts)),
        lambda: and_(true(), *(part.clause() for part in parts)),
        narrow=any(part.narrow for part in parts),
    )


def any_of(*parts: Condition) -> Condition:
    """Whether one of `parts` holds."""
    return Condition(
        ("or", *(part.shape for part in parts)), lambda: or_(not_(true()), *(part.clause() for part in parts))
    )


def opposite(part: Condition) -> Condition:
    """Whether `part` does not hold, or cannot be told."""
    return Condition(("not", part.shape), lambda: not_(func.coalesce(part.clause(), not_(true()))))


def compared(column: Expression, name: str, value: Any, values: Values) -> Condition:
    """Whether `column` passes the test of this name."""
    if name == "is_null":
        return Condition((name, value), lambda: column.is_(None) if value else column.is_not(None))
    test = TESTS[name]
    type_, parameter = test.type_of(column, value), values.add(test.sent(value))
    return Condition(name, lambda: test.compare(column, bindparam(parameter, type_=type_)))


def _list(column: Expression, _value: Any) -> TypeEngine[Any]:
    return ARRAY(column.type)


def _tags(_column: Expression, _value: Any) -> TypeEngine[Any]:
    return ARRAY(Text)


# NULL differs from every value, and Python's `!=` would drop such rows.
TESTS = {
    "eq": Test(lambda column, value: column == value),
    "ne": Test(lambda column, value: column.is_distinct_from(value)),
    "in_": Test(lambda column, values: column == any_(values), _list),
    "not_in": Test(lambda column, values: func.coalesce(not_(column == any_(values)), true()), _list),
    "lt": Test(lambda column, value: column < value),
    "lte": Test(lambda column, value: column <= value),
    "gt": Test(lambda column, value: column > value),
    "gte": Test(lambda column, value: column >= value),
    "has_all": Test(lambda column, values: column.op("@>", is_comparison=True)(values), _tags),
    "has_any": Test(lambda column, values: column.op("&&", is_comparison=True)(values), _tags),
    "has_none": Test(lambda column, values: not_(column.op("&&", is_comparison=True)(values)), _tags),
    "is_empty": Test(
        lambda column, value: (func.cardinality(column) == literal_column("0")) == value, lambda *_: Boolean()
    ),
}
