"""Reads a whole file before anything is written: what its teams are called, and what has to stay out."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from app.auth.email import email_key
from app.formats.record import Reject
from app.importer.check import Group, Row


@dataclass
class TeamPlan:
    """A team as the rows speak of it."""

    organization: str
    name: str
    rows: int = 0
    prefixes: Counter[str] = field(default_factory=Counter)
    highest: dict[str, int] = field(default_factory=dict)  # number, by prefix
    description: str | None = None
    emails: dict[str, str] = field(default_factory=dict)  # as first written, by email_key

    def add(self, row: Row) -> None:
        self.rows += 1
        if row.key:
            prefix = row.key.team_key
            self.prefixes[prefix] += 1
            self.highest[prefix] = max(self.highest.get(prefix, 0), row.key.number)
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
