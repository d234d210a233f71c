"""Makes a task of a record, or says all that keeps it out."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.auth.email import LONGEST_EMAIL
from app.db.statement import Parameters
from app.formats.days import NoDay, day_of
from app.formats.record import FileUnusable, Record
from app.formats.tags import tags_of
from app.formats.words import PRIORITIES, STATUSES, Words
from app.importer.check import Key, Row, Unfit, check_email, clean, required
from app.spelling import composed, shows_nothing
from app.tasks.models import (
    FIRST_DAY,
    LARGEST_ESTIMATE,
    LAST_DAY,
    LONGEST_DESCRIPTION,
    LONGEST_TAG,
    LONGEST_TITLE,
    MOST_TAGS,
    TaskPriority,
    TaskStatus,
)
from app.teams.models import LONGEST_NAME

Values = Parameters

KEY = re.compile(r"([A-Z][A-Z0-9_]{0,11})-([0-9]{1,20})")
# A number is a 32-bit integer; what is above is left to the tasks that will be made later.
HIGHEST_NUMBER = 2_000_000_000
LONGEST_ORIGIN = 2_000
SHORTEST_CUT = 150  # characters of a title that is cut, where a word ends behind them
OVER = {TaskStatus.DONE.name, TaskStatus.CANCELED.name}
NO = {"", "false", "no", "0", "null", "none"}


def words_of_statuses(*tables: Mapping[str, str]) -> Words:
    """What the words of a status mean, by these tables first."""
    return Words([status.name for status in TaskStatus], *tables, STATUSES)


def words_of_priorities(*tables: Mapping[str, str]) -> Words:
    """What the words of a priority mean, by these tables first."""
    return Words([priority.name for priority in TaskPriority], *tables, PRIORITIES)


@dataclass
class Decimals:
    """On which line a file first wrote a number with a comma, and with a point: it cannot mean both."""

    comma: int | None = None
    point: int | None = None

    def number(self, text: str, line: int) -> float:
        """Raises FileUnusable where other lines write numbers otherwise, ValueError for what is no number."""
        if "," in text and re.fullmatch(r"\d+,\d{1,2}|\d{4,},\d+", text):
            self.comma, text = self.comma or line, text.replace(",", ".")
        elif "." in text:
            self.point = self.point or line
        if self.comma and self.point:
            raise FileUnusable(
                f"The file writes numbers with a comma (line {self.comma}) and with a point (line {self.point}): make "
                "one of both; nothing was imported"
            )
        return float(text)


@dataclass
class Rules:
    """What tasks can be. `organization` and `team` are for records that name none; `cut_titles` moves what is too long
    for a title into the description."""

    organization: str | None = None
    team: str | None = None
    cut_titles: bool = False
    statuses: Words = field(default_factory=words_of_statuses)
    priorities: Words = field(default_factory=words_of_priorities)
    decimals: Decimals = field(default_factory=Decimals)

    def check(self, record: Record) -> Row:
        """The record as a task. Raises Unfit with all that is wrong, and FileUnusable."""
        said = {name for name, value in record.values.items() if value not in (None, "")}
        columns: dict[str, Any] = {"key": None}
        wrong = []
        for column, fields, read in READERS:
            if fields and fields.isdisjoint(said):
                continue
            try:
                columns[column] = read(self, record.values, record.line)
            except Unfit as unfit:
                wrong.append(str(unfit))
        if wrong:
            raise Unfit("; ".join(wrong))
        if len(columns["title"]) > LONGEST_TITLE:
            columns |= _cut(columns["title"], columns.get("description"))
        return Row(**columns)

    def title(self, values: Values) -> str:
        longest = LONGEST_DESCRIPTION if self.cut_titles else LONGEST_TITLE
        title = required(_text(values, "title", longest), "title: is empty")
        parent = _text(values, "parent", LONGEST_DESCRIPTION)
        return clean(f"{parent} / {title}" if parent else title, "title", longest)

    def status(self, values: Values) -> str:
        if _says_yes(values.get("done")):
            return TaskStatus.DONE.name
        text = _text(values, "status")
        status = self.statuses.meaning(text) if text else TaskStatus.TODO.name
        if status not in OVER and _says_yes(values.get("canceled")):
            return TaskStatus.CANCELED.name
        return _known(status, "status", text, self.statuses)

    def priority(self, values: Values) -> str:
        text = _text(values, "priority")
        return _known(self.priorities.meaning(text), "priority", text, self.priorities) if text else "NONE"

    def estimate(self, values: Values, line: int) -> float | None:
        value = values.get("estimate")
        if isinstance(value, str):
            value = value.strip()
        if value is None or value == "":
            return None
        number = math.nan
        try:
            if isinstance(value, str):
                number = self.decimals.number(value, line)
            elif isinstance(value, int | float) and not isinstance(value, bool):
                number = float(value)
        except (ValueError, OverflowError):
            pass
        if not 0 <= number <= LARGEST_ESTIMATE:
            raise Unfit(f"estimate: must be a number from 0 to {LARGEST_ESTIMATE:,}")
        return number


def _known(meaning: str | None, name: str, text: str, words: Words) -> str:
    if meaning is None:
        raise Unfit(f"{name}: {text!r} is none of {', '.join(words.meanings)}")
    return meaning


def _text(values: Values, name: str, longest: int = LONGEST_NAME) -> str:
    return clean(_given(values, name).strip(), name, longest)


def _given(values: Values, name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str | None):
        raise Unfit(f"{name}: must be text")
    return value or ""


def _owner(values: Values, name: str, otherwise: str | None) -> str:
    given = composed(_given(values, name).strip())
    text = composed(otherwise or "") if shows_nothing(given) else clean(given, name, LONGEST_NAME)
    return required(text, f"{name}: is empty, and there is no --{name}")


def _description(values: Values) -> str | None:
    text = _given(values, "description")  # not stripped: its indent may mean something
    return None if shows_nothing(text) else clean(text, "description", LONGEST_DESCRIPTION)


def _cut(title: str, description: str | None) -> dict[str, str]:
    """A title that fits, and the whole of it above the description."""
    short = title[: LONGEST_TITLE - 1].rstrip()
    words, _, _ = short.rpartition(" ")
    text = f"{title}\n\n{description}" if description else title
    return {
        "title": f"{words if len(words) >= SHORTEST_CUT else short}…",
        "description": clean(text, "description", LONGEST_DESCRIPTION),
    }


def _key(values: Values) -> Key | None:
    text = _text(values, "key")
    if not text:
        return None
    match = KEY.fullmatch(text.upper())
    if match is None:
        raise Unfit("key: must look like ENG-42, with at most 12 letters and digits before the hyphen")
    number = int(match[2])
    if not 0 < number <= HIGHEST_NUMBER:
        raise Unfit(f"key: its number must be from 1 to {HIGHEST_NUMBER:,}")
    return Key(match[1], number)


def _due_date(values: Values) -> date | None:
    text = _text(values, "due_date")
    if not text:
        return None
    try:
        day = day_of(text)
    except NoDay as error:
        raise Unfit(f"due_date: {error}") from error
    if not FIRST_DAY <= day <= LAST_DAY:
        raise Unfit(f"due_date: must be from {FIRST_DAY} to {LAST_DAY}")
    return day


def _tags(values: Values) -> tuple[str, ...]:
    given = [*_listed(values.get("tag")), *tags_of(values.get("tags"))]
    if not all(isinstance(tag, str) for tag in given):
        raise Unfit("tags: must be text or a list of texts")
    trimmed = (clean(composed(tag.strip()), "tags", LONGEST_TAG) for tag in given)
    tags = dict.fromkeys(tag for tag in trimmed if not shows_nothing(tag))
    if len(tags) > MOST_TAGS:
        raise Unfit(f"tags: there are {len(tags)}, at most {MOST_TAGS} fit")
    return tuple(tags)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _assignee_email(values: Values) -> str | None:
    text = _text(values, "assignee_email", LONGEST_EMAIL)
    return check_email(text, "assignee_email") if text else None


def _origin(values: Values) -> str | None:
    value = values.get("id")
    text = str(value) if isinstance(value, int) else _text(values, "id", LONGEST_ORIGIN)
    return clean(text.strip(), "id", LONGEST_ORIGIN) or None


def _says_yes(value: object) -> bool:
    return str(value).strip().casefold() not in NO


# Each column of a task, the fields without which nothing is said of it, and what reads them.
READERS: tuple[tuple[str, frozenset[str], Callable[[Rules, Values, int], Any]], ...] = (
    ("title", frozenset(), lambda rules, values, _: rules.title(values)),
    ("description", frozenset({"description"}), lambda _rules, values, _: _description(values)),
    ("organization", frozenset(), lambda rules, values, _: _owner(values, "organization", rules.organization)),
    ("team", frozenset(), lambda rules, values, _: _owner(values, "team", rules.team)),
    ("key", frozenset({"key"}), lambda _rules, values, _: _key(values)),
    ("status", frozenset({"status", "done", "canceled"}), lambda rules, values, _: rules.status(values)),
    ("priority", frozenset({"priority"}), lambda rules, values, _: rules.priority(values)),
    ("estimate", frozenset({"estimate"}), lambda rules, values, line: rules.estimate(values, line)),
    ("due_date", frozenset({"due_date"}), lambda _rules, values, _: _due_date(values)),
    ("tags", frozenset({"tag", "tags"}), lambda _rules, values, _: _tags(values)),
    ("assignee_email", frozenset({"assignee_email"}), lambda _rules, values, _: _assignee_email(values)),
    ("origin", frozenset({"id"}), lambda _rules, values, _: _origin(values)),
)
