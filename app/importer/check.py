"""Makes a task of a record, or says why that cannot be."""

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import NamedTuple

from app.auth.email import LONGEST_EMAIL, InvalidEmail, parse_email
from app.importer.read import Record
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

# A number is a 32-bit integer; what is above is left to the tasks that will be made later.
HIGHEST_NUMBER = 2_000_000_000

STATUSES = frozenset(status.name for status in TaskStatus)
PRIORITIES = frozenset(priority.name for priority in TaskPriority)


Group = tuple[str, str]


class Unfit(Exception):
    """A value that cannot be imported; the text begins with its column."""


class Key(NamedTuple):
    """What people call a task: ENG-42."""

    prefix: str
    number: int

    def __str__(self) -> str:
        return f"{self.prefix}-{self.number}"


@dataclass(frozen=True, slots=True)
class Row:
    """A task as a file has it. `repeat` counts the rows before it that have no key either and say the same."""

    organization: str
    team: str
    key: Key | None
    title: str
    description: str | None = None
    status: str = TaskStatus.TODO.name
    priority: str = TaskPriority.NONE.name
    estimate: float | None = None
    due_date: date | None = None
    tags: tuple[str, ...] = ()
    assignee_email: str | None = None
    repeat: int = 0

    @property
    def group(self) -> Group:
        return group_of(self.organization, self.team)

    @property
    def identity(self) -> str:
        """What tells the task from the others of its team, in this file and in the next: its key, or else its text."""
        return str(self.key) if self.key else f"{self.repeat}\0{self.title}\0{self.description or ''}"


def group_of(organization: str, team: str) -> Group:
    """How the names of an organization and a team are compared."""
    return organization.casefold(), team.casefold()


def check(record: Record, *, organization: str | None, team: str | None) -> Row:
    """The record as a task, of `organization` and `team` where it names none itself. Raises Unfit."""
    values = record.values
    return Row(
        organization=_owner(values, "organization", organization),
        team=_owner(values, "team", team),
        key=_key(_text(values, "key")),
        title=_required(_text(values, "title", LONGEST_TITLE), "title: is empty"),
        description=_description(values.get("description")),
        status=_word(values, "status", STATUSES, TaskStatus.TODO.name),
        priority=_word(values, "priority", PRIORITIES, TaskPriority.NONE.name),
        estimate=_estimate(values.get("estimate")),
        due_date=_due_date(_text(values, "due_date")),
        tags=_tags(values.get("tags")),
        assignee_email=_assignee_email(_text(values, "assignee_email", LONGEST_EMAIL)),
    )


def check_name(text: str, name: str) -> str:
    """The name of an organization or a team. Raises Unfit."""
    return _required(clean(text.strip(), name, LONGEST_NAME), f"{name}: is empty")


def check_email(text: str, name: str) -> str:
    """An e-mail address, by its form. Raises Unfit."""
    try:
        return parse_email(text)
    except InvalidEmail as error:
        raise Unfit(f"{name}: {error}") from error


def clean(text: str, name: str, longest: int) -> str:
    """`text`, if PostgreSQL can keep it. Raises Unfit."""
    if "\0" in text:
        raise Unfit(f"{name}: holds a NUL character")
    if len(text) > longest:
        raise Unfit(f"{name}: has {len(text):,} characters, at most {longest:,} fit")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Unfit(f"{name}: is not UTF-8") from error
    return text


def _text(values: Mapping[str, object], name: str, longest: int = LONGEST_NAME) -> str:
    value = values.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unfit(f"{name}: must be text")
    return clean(value.strip(), name, longest)


def _required(text: str, reason: str) -> str:
    if not text:
        raise Unfit(reason)
    return text


def _owner(values: Mapping[str, object], name: str, otherwise: str | None) -> str:
    return _required(_text(values, name) or otherwise or "", f"{name}: is empty, and there is no --{name}")


def _description(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise Unfit("description: must be text")
    return clean(value, "description", LONGEST_DESCRIPTION) if value.strip() else None  # its indent may mean something


def _key(text: str) -> Key | None:
    if not text:
        return None
    match = re.fullmatch(r"([A-Z][A-Z0-9]{0,11})-([0-9]{1,20})", text.upper())
    if match is None:
        raise Unfit("key: must look like ENG-42, with at most 12 letters and digits before the hyphen")
    number = int(match[2])
    if not 0 < number <= HIGHEST_NUMBER:
        raise Unfit(f"key: its number must be from 1 to {HIGHEST_NUMBER:,}")
    return Key(match[1], number)


def _word(values: Mapping[str, object], name: str, known: Collection[str], otherwise: str) -> str:
    text = _text(values, name)
    word = re.sub(r"[\s-]+", "_", text.upper()) or otherwise
    if word not in known:
        raise Unfit(f"{name}: {text!r} is none of {', '.join(sorted(known))}")
    return word


def _estimate(value: object) -> float | None:
    if isinstance(value, str):
        value = value.strip()
    if value is None or value == "":
        return None
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not 0 <= number <= LARGEST_ESTIMATE:
        raise Unfit(f"estimate: must be a number from 0 to {LARGEST_ESTIMATE:,}")
    return number


def _due_date(text: str) -> date | None:
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise Unfit("due_date: must be a day such as 2026-12-31") from error
    if not FIRST_DAY <= day <= LAST_DAY:
        raise Unfit(f"due_date: must be from {FIRST_DAY} to {LAST_DAY}")
    return day


def _assignee_email(text: str) -> str | None:
    return check_email(text, "assignee_email") if text else None


def _tags(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = re.split("[,;]", value)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        raise Unfit("tags: must be text or a list of texts")
    tags = dict.fromkeys(tag for tag in (clean(tag.strip(), "tags", LONGEST_TAG) for tag in value) if tag)
    if len(tags) > MOST_TAGS:
        raise Unfit(f"tags: there are {len(tags)}, at most {MOST_TAGS} fit")
    return tuple(tags)
