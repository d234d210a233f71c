"""Checks of what a form sends: every mistake is found and told at once, with its place in the arguments."""

import re
from typing import TypeGuard, TypeVar

from strawberry import UNSET

from app.spelling import composed, shows_nothing
from app.writing.mutation import Rejected, UserError, UserErrorCode

Value = TypeVar("Value")


class Checks:
    """Collects mistakes; `done` ends the field where there are any."""

    def __init__(self, *root: str) -> None:
        self.root = root  # what every path begins with, as in `input` or `inputs`, `3`
        self.errors: list[UserError] = []

    def wrong(self, code: UserErrorCode, message: str, *path: str) -> None:
        self.errors.append(UserError(code=code, message=message, path=[*self.root, *path]))

    def text(self, value: str, *path: str, longest: int, shortest: int = 1) -> str:
        """`value` without white space around it, if it is of a fitting length in characters."""
        trimmed = value.strip()
        if shows_nothing(trimmed):
            self.wrong(UserErrorCode.BLANK, "Write something here.", *path)
        elif len(trimmed) < shortest:
            self.wrong(UserErrorCode.TOO_SHORT, f"At least {shortest} characters are needed.", *path)
        elif len(trimmed) > longest:
            self.wrong(UserErrorCode.TOO_LONG, f"At most {longest} characters are allowed, not {len(trimmed)}.", *path)
        return trimmed

    def name(self, value: str, *path: str, longest: int) -> str:
        """The same for a text by which something is known: in its one spelling, so that no other is taken for it."""
        return self.text(composed(value), *path, longest=longest)

    def form(self, value: str, *path: str, pattern: re.Pattern[str], hint: str) -> str:
        """`value` without white space around it, if all of it is of the form of `pattern`, which `hint` describes."""
        trimmed = value.strip()
        if shows_nothing(trimmed):
            self.wrong(UserErrorCode.BLANK, "Write something here.", *path)
        elif not pattern.fullmatch(trimmed):
            self.wrong(UserErrorCode.INVALID, hint, *path)
        return trimmed

    def optional_text(self, value: str | None, *path: str, longest: int) -> str | None:
        """The same for a text that may be missing: one that shows nothing is as good as none."""
        return None if value is None or shows_nothing(value) else self.text(value, *path, longest=longest)

    def required(self, value: Value | None, *path: str) -> TypeGuard[Value]:
        """Whether `value` says something; `null` for what cannot be cleared is a mistake, leaving it out is not."""
        if value is None:
            self.wrong(UserErrorCode.INVALID, "This cannot be cleared: leave it out to keep it as it is.", *path)
        return value is not None and value is not UNSET

    def done(self) -> None:
        """Raises Rejected with all mistakes, if there are any."""
        if self.errors:
            raise Rejected(*self.errors)

    def passed(self, row: Value | None) -> Value:
        """`row`, of which it was noted where it is not there; raises as `done`."""
        self.done()
        if row is None:
            raise ValueError("nothing was noted of a row that is not there")
        return row
