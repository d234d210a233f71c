"""Scalars: how moments and days are written."""

from datetime import UTC, date, datetime
from typing import Any

import strawberry
from strawberry.types.scalar import ScalarDefinition

from app.graph.errors import BadUserInput


def parse_moment(value: Any) -> datetime:
    """A moment with its offset, in UTC; raises BadUserInput."""
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise BadUserInput("A DateTime is written as in 2026-12-31T23:59:00Z, with an offset.") from None


def parse_day(value: Any) -> date:
    """A day; raises BadUserInput."""
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadUserInput("A Date is written as in 2026-12-31.") from None


def _as_is(value: Any) -> Any:
    return value  # orjson writes it


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment: RFC 3339 with an offset, as in 2026-12-31T23:59:00Z. Answers are in UTC.",
        serialize=_as_is,
        parse_value=parse_moment,
    ),
    date: strawberry.scalar(
        name="Date", description="A day, as in 2026-12-31.", serialize=_as_is, parse_value=parse_day
    ),
}
