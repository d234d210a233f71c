"""Makes organizations up, of any size: their names, their teams and their tasks."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, count, islice, product
from random import Random
from typing import Generic, NamedTuple, TypeVar

from app.db.columns import now
from app.demo.compose import compose
from app.importer.check import Key, Row, group_of
from app.importer.plan import Plan, TeamPlan

Value = TypeVar("Value")

SEED = 2026
FIRST_WORDS = ("Alder", "Beacon", "Cobalt", "Driftwood", "Ember", "Fjord", "Granite", "Harbor", "Juniper", "Lantern")
SECOND_WORDS = (
    "Robotics",
    "Foods",
    "Analytics",
    "Mobility",
    "Health",
    "Energy",
    "Studios",
    "Logistics",
    "Bank",
    "Labs",
)
TEAMS = {
    "PLAT": "Platform",
    "WEB": "Web",
    "MOB": "Mobile",
    "PAY": "Payments",
    "DATA": "Data",
    "SEC": "Security",
    "DES": "Design",
    "SUP": "Support",
    "GROW": "Growth",
    "INFRA": "Infrastructure",
    "SRCH": "Search",
    "INT": "Integrations",
}


class Weighted(Generic[Value]):
    """Values to pick from, each as often as its weight says."""

    def __init__(self, weights: Mapping[Value, int]) -> None:
        self.values = tuple(weights)
        self.cumulated = tuple(accumulate(weights.values()))

    def pick(self, random: Random) -> Value:
        return random.choices(self.values, cum_weights=self.cumulated)[0]


STATUSES = Weighted({"BACKLOG": 24, "TODO": 20, "IN_PROGRESS": 11, "IN_REVIEW": 6, "DONE": 34, "CANCELED": 5})
PRIORITIES = Weighted({"NONE": 15, "LOW": 24, "MEDIUM": 38, "HIGH": 18, "URGENT": 5})
ESTIMATES = Weighted({None: 30, 1.0: 16, 2.0: 18, 3.0: 15, 5.0: 12, 8.0: 7, 13.0: 2})
SHARE_WITH_DUE_DATE = 0.35


@dataclass(frozen=True, slots=True)
class Size:
    """How much to make up: teams in each organization, tasks in all."""

    organizations: int
    teams: int
    tasks: int


class Team(NamedTuple):
    organization: str
    name: str
    prefix: str
    tasks: int


def plan_demo(size: Size) -> Plan:
    """What `demo_rows` needs before the first of them can be written."""
    plan = Plan(rows=size.tasks)
    for organization, name, prefix, tasks in _teams(size):
        team = TeamPlan(organization, name, prefixes=Counter([prefix]), highest={prefix: tasks})
        plan.teams[group_of(organization, name)] = team
    return plan


def demo_rows(size: Size) -> Iterator[Row]:
    """The tasks, the same for the same size but for their due dates, which lie around today."""
    random = Random(SEED)  # noqa: S311  # nothing depends on these being hard to guess
    today = now().date()
    for team in _teams(size):
        for number in range(1, team.tasks + 1):
            yield _row(random, today, team, number)


def _teams(size: Size) -> Iterator[Team]:
    """All teams, with the tasks dealt out evenly."""
    names = product(islice(_organizations(), size.organizations), islice(_team_names(), size.teams))
    share, rest = divmod(size.tasks, size.organizations * size.teams)
    for ordinal, (organization, (prefix, team)) in enumerate(names):
        yield Team(organization, team, prefix, share + (ordinal < rest))


def _organizations() -> Iterator[str]:
    """Names without end, each once: the words are combined so that neighbours have none in common."""
    for ordinal in count():
        turn, place = divmod(ordinal, len(FIRST_WORDS) * len(SECOND_WORDS))
        row, first = divmod(place, len(FIRST_WORDS))
        name = f"{FIRST_WORDS[first]} {SECOND_WORDS[(first + row) % len(SECOND_WORDS)]}"
        yield f"{name} {turn + 1}" if turn else name


def _team_names() -> Iterator[tuple[str, str]]:
    yield from TEAMS.items()
    for number in count(2):
        for prefix, name in TEAMS.items():
            yield f"{prefix}{number}", f"{name} {number}"


def _row(random: Random, today: date, team: Team, number: int) -> Row:
    text = compose(random)
    due_date = today + timedelta(days=random.randint(-30, 90)) if random.random() < SHARE_WITH_DUE_DATE else None
    return Row(
        team.organization,
        team.name,
        Key(team.prefix, number),
        text.title,
        text.description,
        status=STATUSES.pick(random),
        priority=PRIORITIES.pick(random),
        estimate=ESTIMATES.pick(random),
        due_date=due_date,
        tags=text.tags,
    )
