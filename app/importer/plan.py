"""Reads a whole file before anything is written: what its teams are called, and what has to stay out."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path

from app.auth.email import email_key
from app.importer.check import Group, Row, Unfit, check
from app.importer.read import COLUMNS, Reject, read


@dataclass
class TaskFile:
    """The tasks of a file, as often as they are asked for; `organization` and `team` are for rows that name none."""

    path: Path
    organization: str | None = None
    team: str | None = None
    unknown_columns: set[str] = field(default_factory=set)

    def __iter__(self) -> Iterator[Row | Reject]:
        seen = Seen()
        given = {"organization": self.organization, "team": self.team}
        for record in read(self.path, missing=[name for name, value in given.items() if value is None]):
            if isinstance(record, Reject):
                yield record
                continue
            self.unknown_columns.update(record.values.keys() - COLUMNS)
            try:
                yield seen.tell_apart(check(record, organization=self.organization, team=self.team), record.line)
            except Unfit as unfit:
                yield Reject(record.line, str(unfit), record.raw)

    def rows(self) -> Iterator[Row]:
        """Those that can be imported."""
        return (row for row in self if isinstance(row, Row))


class Seen:
    """What the rows so far have said, as digests: 16 bytes each, so that a file may have millions."""

    def __init__(self) -> None:
        self.keys: dict[bytes, int] = {}
        self.texts: Counter[bytes] = Counter()

    def tell_apart(self, row: Row, line: int) -> Row:
        """The row with its `repeat`; raises Unfit for a key that another line has."""
        digest = blake2b("\0".join((*row.group, row.identity)).encode(), digest_size=16).digest()
        if row.key is None:
            self.texts[digest] += 1
            return replace(row, repeat=self.texts[digest] - 1)
        if self.keys.setdefault(digest, line) != line:
            raise Unfit(f"key: {row.key} is already on line {self.keys[digest]}")
        return row


@dataclass
class TeamPlan:
    """A team as the rows speak of it."""

    organization: str
    name: str
    prefixes: Counter[str] = field(default_factory=Counter)
    highest: dict[str, int] = field(default_factory=dict)  # number, by prefix
    description: str | None = None
    emails: dict[str, str] = field(default_factory=dict)  # as first written, by email_key

    def add(self, row: Row) -> None:
        if row.key:
            self.prefixes[row.key.prefix] += 1
            self.highest[row.key.prefix] = max(self.highest.get(row.key.prefix, 0), row.key.number)
        if row.assignee_email:
            self.emails.setdefault(email_key(row.assignee_email), row.assignee_email)


@dataclass
class Plan:
    """What the rows need before the first of them can be written."""

    teams: dict[Group, TeamPlan] = field(default_factory=dict)
    rows: int = 0
    organizations: list[str] = field(default_factory=list)  # besides those of the teams

    def add(self, row: Row) -> None:
        if row.group not in self.teams:
            self.teams[row.group] = TeamPlan(row.organization, row.team)
        self.teams[row.group].add(row)
        self.rows += 1


def survey(rows: Iterable[Row | Reject], reject: Callable[[Reject], None]) -> Plan:
    """The plan for all rows; what stays out is handed to `reject` as it comes."""
    plan = Plan()
    for row in rows:
        if isinstance(row, Reject):
            reject(row)
        else:
            plan.add(row)
    return plan
