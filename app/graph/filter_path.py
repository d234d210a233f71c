"""Places in a filter: what errors name, and how large a filter may be."""

from dataclasses import dataclass, field
from typing import Any

from app.graph.camel_case import camel_case
from app.graph.errors import BadUserInput

LONGEST_LIST = 100
DEEPEST = 10  # filters inside filters: nobody writes more by hand
# In all filters of a request, since a short document can hold a variable a thousand times: 0.15 ms each to build, in
# which nobody else is answered.
MOST_CONDITIONS = 300
MOST_RELATIONS = 40  # followed: each is a look-up for every row that the rest of the filter lets through


@dataclass
class Used:
    """What the filters of a request hold together."""

    conditions: int = 0
    relations: int = 0


@dataclass(frozen=True)
class FilterPath:
    """Where in a filter something is: what errors name, and what keeps a filter from growing without end."""

    text: str = "filter"
    depth: int = 0
    used: Used = field(default_factory=Used)  # one for all places of all filters of a request

    def of(self, name: str, *, deeper: int = 0) -> "FilterPath":
        """The path of the field or item `name` in this one."""
        return FilterPath(f"{self.text}.{camel_case(name.rstrip('_'))}", self.depth + deeper, self.used)

    def check(self) -> None:
        """Raises BadUserInput where one condition more is one too many."""
        if self.depth > DEEPEST:
            raise BadUserInput(f"`filter` may hold filters {DEEPEST} deep, not deeper.")
        self.used.conditions += 1
        if self.used.conditions > MOST_CONDITIONS:
            raise BadUserInput(f"The filters of a request may hold {MOST_CONDITIONS} conditions in all, not more.")

    def check_relation(self) -> None:
        """Raises BadUserInput where one relation more is one too many."""
        self.used.relations += 1
        if self.used.relations > MOST_RELATIONS:
            raise BadUserInput(f"The filters of a request may follow {MOST_RELATIONS} relations in all, not more.")


def listed(values: list[Any], path: FilterPath) -> list[Any]:
    """`values`, unless they are too many."""
    if len(values) > LONGEST_LIST:
        raise BadUserInput(f"`{path.text}` holds {len(values)} values: at most {LONGEST_LIST} are allowed.")
    return values
