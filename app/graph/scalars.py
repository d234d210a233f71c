"""Scalars: how moments, days, large numbers and values of any kind are written."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError, ValueNode, value_from_ast_untyped
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition

from app.graph.errors import quoted

Long = NewType("Long", int)  # GraphQL's Int ends at 2^31 - 1, JavaScript's numbers at 2^53 - 1
LARGEST_LONG = 2**53 - 1

# Python's parsers would also take week dates, missing dashes and other separators.
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# By RFC 3339 its letters may be small.
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def parse_moment(value: Any) -> datetime:
    """A moment with its offset, in UTC; raises GraphQLError."""
    if not isinstance(value, str) or not MOMENT.fullmatch(value):
        raise _unfit("DateTime", value, "write it as in 2026-12-31T23:59:00Z, with an offset")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _unfit("DateTime", value, "there is no such moment in the years 1 to 9999") from None


def parse_day(value: Any) -> date:
    """A day; raises GraphQLError."""
    if not isinstance(value, str) or not DAY.fullmatch(value):
        raise _unfit("Date", value, "write it as in 2026-12-31")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise _unfit("Date", value, "there is no such day in the years 1 to 9999") from None


def parse_long(value: Any) -> Long:
    """A whole number that JavaScript holds exactly; raises GraphQLError."""
    if type(value) is not int or abs(value) > LARGEST_LONG:
        raise _unfit("Long", value, f"write it as in 4294967296, at most {LARGEST_LONG}")
    return Long(value)


def _unfit(scalar: str, value: Any, reason: str) -> GraphQLError:
    return GraphQLError(f"{scalar} cannot represent value {quoted(value)}: {reason}.")


def _from_literal(parse: Callable[[Any], Any]) -> Callable[..., Any]:
    """`parse` for values in the text of a document: its errors say where."""

    def parse_literal(node: ValueNode, _variables: object = None) -> Any:
        try:
            return parse(value_from_ast_untyped(node))
        except GraphQLError as error:
            raise GraphQLError(error.message, node) from None

    return parse_literal


def _as_is(value: Any) -> Any:
    return value  # orjson writes it


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment: RFC 3339 with an offset, as in 2026-12-31T23:59:00Z. Answers are in UTC.",
        serialize=_as_is,
        parse_value=parse_moment,
        parse_literal=_from_literal(parse_moment),
    ),
    Long: strawberry.scalar(
        name="Long",
        description="A whole number up to 9007199254740991 (2^53 - 1): what JavaScript's numbers hold exactly.",
        serialize=_as_is,
        parse_value=parse_long,
        parse_literal=_from_literal(parse_long),
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description='Any JSON value, as in `[1, {"a": null}]`.',
        serialize=_as_is,
        parse_value=_as_is,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A day, as in 2026-12-31.",
        serialize=_as_is,
        parse_value=parse_day,
        parse_literal=_from_literal(parse_day),
    ),
}
