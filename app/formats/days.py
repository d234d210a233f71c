"""Reads days as tools and people write them, where that says for sure which day it is."""

import re
from datetime import UTC, date, datetime

ISO = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")
DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")
EITHER = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})")
WITH_NAMES = (  # of months, in English
    "%d/%b/%y",
    "%d/%b/%Y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%b %d %Y",
    "%B %d %Y",
    "%a %b %d %Y",
    "%a, %d %b %Y",
)
TIME = re.compile(r"(?:(?:^|[T,\s])\s*)\d{1,2}:\d\d.*", re.DOTALL)


class NoDay(ValueError):
    """What is none; the text says so of the value."""


def day_of(text: str) -> date:
    """The day that `text` names; the time of day is left out, and of a span its end counts. Raises NoDay."""
    parts = [TIME.sub("", part).strip() for part in text.split("→")]
    day = _day(next((part for part in reversed(parts) if part), ""))
    if day is None:
        raise NoDay("must be a day such as 2026-12-31")
    return day


def _day(text: str) -> date | None:
    try:
        if match := ISO.fullmatch(text):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := DOTTED.fullmatch(text):
            return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        return None
    if match := EITHER.fullmatch(text):
        return _either(int(match[1]), int(match[2]), int(match[3]))
    for form in WITH_NAMES:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    return None


def _either(first: int, second: int, year: int) -> date | None:
    """By the number that can be no month. Raises NoDay where both could be one."""
    if first <= 12 and second <= 12 and first != second:
        days = f"{year:04}-{second:02}-{first:02} or {year:04}-{first:02}-{second:02}"
        raise NoDay(f"does not say which number is the month: write {days}")
    try:
        return date(year, second, first) if second <= 12 else date(year, first, second)
    except ValueError:
        return None
