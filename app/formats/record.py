"""What a file says, record by record, and why a record or a file stays out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.refusal import Refusal


class FileUnusable(Refusal):
    """The file as a whole cannot be imported; nothing of it has been."""


@dataclass(frozen=True, slots=True)
class Record:
    """What one record says, by field; it may go over several lines, and `line` is its first.

    In a JSON array, or a board, `line` is its place there.
    """

    line: int
    values: Mapping[str, Any]
    raw: str


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that stays out, and why."""

    line: int
    reason: str
    raw: str


Records = Iterator[Record | Reject]
