"""What a process counts of itself: plain numbers, written by its event loop alone, and read where somebody asks."""

from bisect import bisect_left
from collections.abc import Sequence


class Histogram:
    """How many values were up to each of `bounds`, which ascend, or above all of them; and what they are together."""

    __slots__ = ("amounts", "bounds", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.amounts = [0] * (len(bounds) + 1)  # of each by itself, and not with those below it
        self.total = 0.0

    def observe(self, value: float) -> None:
        self.amounts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Sizes:
    """How often something happened, and how much it was altogether."""

    __slots__ = ("times", "total")

    def __init__(self) -> None:
        self.times = 0
        self.total = 0.0

    def observe(self, value: float) -> None:
        self.times += 1
        self.total += value
