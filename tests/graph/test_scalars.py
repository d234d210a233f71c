"""Days and moments as clients write them: the ways that are taken, and what is said of the others."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from graphql import GraphQLError

from app.graph.scalars import parse_day, parse_moment

DAYS: list[tuple[Any, str]] = [
    ("2026-02-29", "there is no such day in the years 1 to 9999"),
    ("2026-13-01", "there is no such day in the years 1 to 9999"),
    ("0000-01-01", "there is no such day in the years 1 to 9999"),
    ("2026-2-9", "write it as in 2026-12-31"),
    ("29.02.2026", "write it as in 2026-12-31"),
    ("2026-W09-1", "write it as in 2026-12-31"),
    ("", "write it as in 2026-12-31"),
    (None, "write it as in 2026-12-31"),
    (20260228, "write it as in 2026-12-31"),
]
MOMENTS: list[tuple[Any, str]] = [
    ("2026-02-29T00:00:00Z", "there is no such moment in the years 1 to 9999"),
    ("2026-02-28T25:00:00Z", "there is no such moment in the years 1 to 9999"),
    ("2026-02-28T00:00:00+25:00", "there is no such moment in the years 1 to 9999"),
    ("0001-01-01T00:00:00+23:59", "there is no such moment in the years 1 to 9999"),
    ("2026-02-28T00:00:00", "write it as in 2026-12-31T23:59:00Z, with an offset"),
    ("2026-02-28 00:00:00Z", "write it as in 2026-12-31T23:59:00Z, with an offset"),
    ("2026-02-28", "write it as in 2026-12-31T23:59:00Z, with an offset"),
    (True, "write it as in 2026-12-31T23:59:00Z, with an offset"),
]


@pytest.mark.parametrize(("value", "reason"), DAYS)
def test_what_is_no_day(value: Any, reason: str) -> None:
    shown = {None: "null"}.get(value, str(value) if isinstance(value, int) else f'"{value}"')
    with pytest.raises(GraphQLError) as refused:
        parse_day(value)
    assert refused.value.message == f"Date cannot represent value {shown}: {reason}."


@pytest.mark.parametrize(("value", "reason"), MOMENTS)
def test_what_is_no_moment(value: Any, reason: str) -> None:
    shown = "true" if value is True else f'"{value}"'
    with pytest.raises(GraphQLError) as refused:
        parse_moment(value)
    assert refused.value.message == f"DateTime cannot represent value {shown}: {reason}."


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-28T22:30:00Z",
        "2026-02-28t22:30:00z",
        "2026-02-28T22:30:00z",
        "2026-03-01t00:30:00+02:00",
        "2026-02-28T22:30:00-00:00",
        "2026-02-28T22:30:00.000000Z",
    ],
)
def test_one_moment_in_many_ways(text: str) -> None:
    assert parse_moment(text) == datetime(2026, 2, 28, 22, 30, tzinfo=UTC)


def test_a_leap_day() -> None:
    assert parse_day("2028-02-29") == date(2028, 2, 29)
