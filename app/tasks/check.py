"""What an input says of a task's columns: each mistake in it is noted with its place."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from strawberry import UNSET

from app.db.statement import Parameters
from app.graph.ids import parse_id
from app.spelling import composed
from app.tasks.inputs import CreateTaskInput, UpdateTaskInput
from app.tasks.loaders import TASKS
from app.tasks.models import (
    FIRST_DAY,
    LARGEST_ESTIMATE,
    LAST_DAY,
    LONGEST_DESCRIPTION,
    LONGEST_TAG,
    LONGEST_TITLE,
    MOST_TAGS,
)
from app.writing.inputs import Checks
from app.writing.mutation import UserErrorCode


class Wanted(NamedTuple):
    """What an update says: columns with their values, and changes of the tags."""

    columns: Parameters
    added_tags: Sequence[str]
    removed_tags: Sequence[str]

    @property
    def texts(self) -> tuple[str, ...]:
        """The long columns that it changes."""
        tags = ("tags",) if self.added_tags or self.removed_tags else ()
        return tuple(name for name in TASKS.long if name in (*self.columns, *tags))

    def tags_after(self, tags: Sequence[str]) -> list[str]:
        """The tags of a task that has had `tags`."""
        left = [tag for tag in tags if tag not in self.removed_tags]
        return list(dict.fromkeys([*left, *self.added_tags]))


def columns_of_new(given: CreateTaskInput, checks: Checks) -> dict[str, object]:
    """The values of a new task's columns; those that the input leaves out are missing."""
    return {**_columns(given, checks), "tags": _tags(given.tags, checks, "tags")}


def wanted(given: UpdateTaskInput, checks: Checks) -> Wanted:
    """What is to be changed of a task, whichever it is."""
    columns = _columns(given, checks)
    added, removed = _tags(given.add_tags, checks, "addTags"), _tags(given.remove_tags, checks, "removeTags")
    if given.tags is not UNSET:
        columns["tags"] = _tags(given.tags, checks, "tags")
        if added or removed:
            checks.wrong(UserErrorCode.INVALID, "Give either all tags or changes of them, not both.", "tags")
    return Wanted(columns, added, removed)


def _columns(given: CreateTaskInput | UpdateTaskInput, checks: Checks) -> dict[str, object]:
    columns: dict[str, object] = {}
    if checks.required(given.title, "title"):
        columns["title"] = checks.text(given.title or "", "title", longest=LONGEST_TITLE)
    if given.description is not UNSET:
        columns["description"] = checks.optional_text(given.description, "description", longest=LONGEST_DESCRIPTION)
    for name in ("status", "priority"):
        chosen = getattr(given, name)
        if checks.required(chosen, name):
            columns[name] = chosen.name
    if given.estimate is not UNSET:
        columns["estimate"] = _estimate(given.estimate, checks)
    if given.due_date is not UNSET:
        columns["due_date"] = _due_date(given.due_date, checks)
    if given.assignee_id is not UNSET:
        place = ".".join([*checks.root, "assigneeId"])
        columns["assignee_id"] = None if given.assignee_id is None else parse_id(given.assignee_id, place)
    return columns


def _estimate(value: float | None, checks: Checks) -> float | None:
    if value is not None and not 0 <= value <= LARGEST_ESTIMATE:
        checks.wrong(UserErrorCode.INVALID, f"An estimate is a number from 0 to {LARGEST_ESTIMATE:,}.", "estimate")
    return value


def _due_date(value: date | None, checks: Checks) -> date | None:
    if value is not None and not FIRST_DAY <= value <= LAST_DAY:
        checks.wrong(UserErrorCode.INVALID, f"A due date is a day from {FIRST_DAY} to {LAST_DAY}.", "dueDate")
    return value


def _tags(given: list[str] | None, checks: Checks, path: str) -> list[str]:
    """The tags in their one spelling, without white space around them, each once, in the order of the input."""
    places: dict[str, int] = {}
    for place, tag in enumerate((given or []) if checks.required(given, path) else []):
        places.setdefault(composed(tag.strip()), place)
    # One mistake for too many of them, not one for each.
    if check_amount(list(places), checks, path):
        for tag, place in places.items():
            checks.text(tag, path, str(place), longest=LONGEST_TAG)
    return list(places)


def check_amount(tags: Sequence[str], checks: Checks, path: str) -> bool:
    """Whether a task may have that many tags; otherwise a mistake is noted."""
    if len(tags) > MOST_TAGS:
        checks.wrong(UserErrorCode.TOO_LONG, f"At most {MOST_TAGS} tags are allowed, not {len(tags)}.", path)
    return len(tags) <= MOST_TAGS
