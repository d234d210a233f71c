"""A task as a file has it, and what every text has to be."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from app.auth.email import InvalidEmail, parse_email
from app.spelling import composed, folded, shows_nothing
from app.tasks.models import TaskPriority, TaskStatus
from app.teams.models import LONGEST_NAME

Group = tuple[str, str]


class Unfit(Exception):
    """A value that cannot be imported; the text begins with its column."""


class Key(NamedTuple):
    """What people call a task: ENG-42."""

    prefix: str
    number: int

    @property
    def team_key(self) -> str:
        """The prefix as the key of a team, which has no underscores."""
        return self.prefix.replace("_", "")

    def __str__(self) -> str:
        return f"{self.prefix}-{self.number}"


@dataclass(frozen=True, slots=True)
class Row:
    """A task as a file has it. `origin` is what a tool knows it by; `repeat` counts the rows before it that say the
    same."""

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
    origin: str | None = None
    repeat: int = 0

    @property
    def group(self) -> Group:
        return group_of(self.organization, self.team)

    @property
    def text(self) -> str:
        """What it says, however its lines end and its letters are composed."""
        return f"{same(self.title)}\0{same(self.description or '')}"

    @property
    def identities(self) -> tuple[str, ...]:
        """What tells the task from the others of its team, in this file and in the next, the surest first: its key, how
        a tool knows it, its text. Where a file has more than the one before it had, a task is known by what both have.
        """
        known_by = (str(self.key) if self.key else "", f"id\0{self.origin}" if self.origin else "")
        return (*filter(None, known_by), f"{self.repeat}\0{self.text}")


def same(text: str) -> str:
    """Texts that people take for the same text are this one: composed letters, Unix lines, no blanks at their ends."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if " \n" in text or "\t\n" in text:
        text = "\n".join(map(str.rstrip, text.split("\n")))
    return composed(text).rstrip()


@lru_cache(10_000)
def group_of(organization: str, team: str) -> Group:
    """How the names of an organization and a team are compared."""
    return folded(organization), folded(team)


def check_name(text: str, name: str) -> str:
    """The name of an organization or a team. Raises Unfit."""
    return required(clean(composed(text.strip()), name, LONGEST_NAME), f"{name}: is empty")


def check_email(text: str, name: str) -> str:
    """An e-mail address, by its form. Raises Unfit."""
    try:
        return parse_email(text)
    except InvalidEmail as error:
        raise Unfit(f"{name}: {error}") from error


def required(text: str, reason: str) -> str:
    """`text`, if it shows anything. Raises Unfit with the reason."""
    if shows_nothing(text):
        raise Unfit(reason)
    return text


def clean(text: str, name: str, longest: int) -> str:
    """`text`, if PostgreSQL can keep it. Raises Unfit."""
    if "\0" in text:
        raise Unfit(f"{name}: holds a NUL character")
    if len(text) > longest:
        raise Unfit(f"{name}: has {len(text):,} characters, at most {longest:,} fit")
    try:
        if not text.isascii():
            text.encode()
    except UnicodeEncodeError as error:
        raise Unfit(f"{name}: is not UTF-8") from error
    return text
