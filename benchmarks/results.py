"""What a run has found."""

from dataclasses import dataclass, field
from statistics import median

from benchmarks.workloads import Workload


@dataclass(frozen=True)
class Figure:
    """One contender at one workload: seconds of each round, and requests per second of each round under load."""

    seconds: list[float]
    bytes: int
    statements: int
    rates: list[float]
    peak_memory: int | None  # bytes; None for what has no process of its own

    @property
    def milliseconds(self) -> float:
        return median(self.seconds) * 1000

    @property
    def fastest(self) -> float:
        return min(self.seconds) * 1000


@dataclass(frozen=True)
class Measured:
    """One workload, by contender."""

    workload: Workload
    figures: dict[str, Figure]


@dataclass
class Results:
    """A whole run."""

    machine: dict[str, str]
    quick: bool
    measured: list[Measured] = field(default_factory=list)

    def add(self, workload: Workload, figures: dict[str, Figure]) -> None:
        self.measured.append(Measured(workload, figures))

    def of(self, workload: Workload) -> dict[str, Figure]:
        return next(measured.figures for measured in self.measured if measured.workload == workload)
