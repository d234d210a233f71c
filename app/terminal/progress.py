"""How a command shows that it is still at work: on standard error, and only to a person."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

Item = TypeVar("Item")


class RateColumn(ProgressColumn):
    """Items a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:,.0f}/s", style="progress.data.speed")


@contextmanager
def gauge(description: str) -> Iterator[Callable[[int, int], None]]:
    """Shows how many of how many are done, as it is told."""
    with _bar(description) as progress:
        task = progress.add_task(description, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def track(items: Iterable[Item], description: str, total: int | None = None) -> Iterator[Item]:
    """The items; meanwhile a bar shows how many have been taken."""
    with _bar(description) as progress:
        yield from progress.track(items, total=total, update_period=0.2)


def _bar(description: str) -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn(description), BarColumn(), MofNCompleteColumn(), RateColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
