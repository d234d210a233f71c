"""What is asked."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Workload:
    """A question about one organization; `tasks` is how many its answer holds."""

    key: str  # as in `documents`
    slug: str
    title: str
    tasks: int


SMALL = Workload("small", "main", "(d) One organization by its slug, two fields", 0)
NEWEST = Workload("newest", "main", "(c) A list screen: 100 tasks with assignee → user and team", 100)
LISTS = Workload("lists", "main", "(a) Plain lists: 10 teams → 10 members → 50 tasks × 6 fields", 5_000)
CONNECTIONS = Workload("connections", "main", "(b) The same as connections, with cursors and page information", 5_000)

# By the size of their answers: what a process takes at its peak is then the doing of the largest one so far.
TIMED = (NEWEST, LISTS, CONNECTIONS)
GROWTH = tuple(Workload("lists", f"grown-{tasks}", f"{tasks:,} tasks", tasks) for tasks in (100, 1_000, 10_000, 50_000))
