"""The tasks of a file, read as often as they are asked for: the plan is made of them, and then they are written."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

from app.formats.layout import Layout
from app.formats.lines import encoding_of
from app.formats.read import read
from app.formats.record import Reject
from app.formats.wishes import Wishes
from app.importer.check import Row, Unfit
from app.importer.rules import Rules, words_of_priorities, words_of_statuses


@dataclass
class TaskFile:
    """`organization` and `team` are for rows that name none; `wishes` say what the file does not say itself."""

    path: Path
    organization: str | None = None
    team: str | None = None
    wishes: Wishes = field(default_factory=Wishes)
    cut_titles: bool = False

    @cached_property
    def layout(self) -> Layout:
        """What the file turned out to be, once it has been read."""
        given = {"organization": self.organization, "team": self.team}
        required = [name for name, value in given.items() if value is None]
        return Layout(self.path, self.wishes, required, encoding_of(self.path))

    @cached_property
    def rules(self) -> Rules:
        """To be asked for once the format is known."""
        format_ = self.layout.format
        return Rules(
            self.organization,
            self.team,
            self.cut_titles,
            words_of_statuses(self.wishes.statuses, format_.statuses),
            words_of_priorities(self.wishes.priorities, format_.priorities),
        )

    def __iter__(self) -> Iterator[Row | Reject]:
        """Raises FileUnusable."""
        seen = Seen()
        for record in read(self.layout):
            if isinstance(record, Reject):
                yield record
                continue
            try:
                yield seen.tell_apart(self.rules.check(record), record.line)
            except Unfit as unfit:
                yield Reject(record.line, str(unfit), record.raw)

    def rows(self) -> Iterator[Row]:
        """Those that can be imported."""
        return (row for row in self if isinstance(row, Row))


class Seen:
    """What the rows so far have said, as digests: 16 bytes each, so that a file may have millions."""

    def __init__(self) -> None:
        self.lines: dict[bytes, int] = {}
        self.texts: dict[bytes, int] = {}

    def tell_apart(self, row: Row, line: int) -> Row:
        """The row with its `repeat`; raises Unfit for a key, or an id, that another line has."""
        group = row.group
        for name, value in (("key", row.key), ("id", row.origin)):
            if value is None:
                continue
            other = self.lines.setdefault(_digest(*group, name, str(value)), line)
            if other != line:
                raise Unfit(f"{name}: {value} is already on line {other}")
        text = _digest(*group, row.text)
        self.texts[text] = before = self.texts.get(text, -1) + 1
        return replace(row, repeat=before) if before else row


def _digest(*texts: str) -> bytes:
    return blake2b("\0".join(texts).encode(), digest_size=16).digest()
