"""Scalars: how moments, days, large numbers and values of any kind are written."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError, ValueNode, value_from_ast_untyped
from graphql.pyutils import inspect
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition

Long = NewType("Long", int)  # GraphQL's Int ends at 2^31 - 1, JavaScript's numbers at 2^53 - 1
LARGEST_LONG = 2**53 - 1

# Python's parsers would also take week dates, missing dashes and other separators.
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def parse_moment(value: Any) -> datetime:
    """A moment with its offset, in UTC; raises GraphQLError."""
    try:
        if not MOMENT.fullmatch(value):
            raise ValueError
        return datetime.fromisoformat(value).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise _unfit("DateTime", value, "2026-12-31T23:59:00Z, with an offset") from None


def parse_day(value: Any) -> date:
    """A day; raises GraphQLError."""
    try:
        if not DAY.fullmatch(value):
            raise ValueError
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise _unfit("Date", value, "2026-12-31") from None


def parse_long(value: Any) -> Long:
    """A whole number that JavaScript holds exactly; raises GraphQLError."""
    if type(value) is not int or abs(value) > LARGEST_LONG:
        raise _unfit("Long", value, f"4294967296, at most {LARGEST_LONG}")
    return Long(value)


def _unfit(scalar: str, value: Any, example: str) -> GraphQLError:
    return GraphQLError(f"{scalar} cannot represent value {inspect(value)}: write it as in {example}.")


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
