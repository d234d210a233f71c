"""What metrics say as text: the lines of one process, and a page of those of all.

The library that the forms are by writes 2,000 lines in 20 to 50 ms, in which nobody is answered; this takes 2.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import accumulate

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST

from app.counting import Histogram, Sizes
from app.metrics.catalogue import CATALOGUE, Metric

TOTAL = "_total"
NEW = "application/openmetrics-text"


class Lines:
    """The lines of one process by the names of metrics; all of them have `labels`."""

    def __init__(self, **labels: str) -> None:
        self._own = tuple(labels.items())
        self._lines: defaultdict[str, list[str]] = defaultdict(list)

    def number(self, name: str, value: float, **labels: str) -> None:
        self._lines[name].append(f"{name}{self._braced(labels)} {value}\n")

    def numbers(self, name: str, label: str, values: Mapping[str, float]) -> None:
        """A line for each value of the label."""
        for key, value in values.items():
            self.number(name, value, **{label: key})

    def sizes(self, name: str, sizes: Sizes, **labels: str) -> None:
        given = self._braced(labels)
        self._lines[name].append(f"{name}_count{given} {sizes.times}\n{name}_sum{given} {sizes.total}\n")

    def histogram(self, name: str, histogram: Histogram, **labels: str) -> None:
        given, bounds = self._braced(labels), _bounds(tuple(histogram.bounds))
        begin = f"{name}_bucket{given[:-1]},le=" if given else f"{name}_bucket{{le="
        amounts = list(accumulate(histogram.amounts))
        self._lines[name] += [f"{begin}{bound} {amount}\n" for bound, amount in zip(bounds, amounts, strict=True)]
        self._lines[name].append(f"{name}_count{given} {amounts[-1]}\n{name}_sum{given} {histogram.total}\n")

    def families(self, families: Iterable[Family]) -> None:
        """What collectors of the library have found."""
        for family in families:
            for sample in family.samples:
                self.number(sample.name, sample.value, **sample.labels)

    def texts(self) -> dict[str, str]:
        """The lines of each metric as one text."""
        return {name: "".join(lines) for name, lines in self._lines.items()}

    def _braced(self, labels: Mapping[str, str]) -> str:
        return _braced((*labels.items(), *self._own))


# Those of a scrape are mostly those of the one before.
@lru_cache(5_000)
def _braced(labels: tuple[tuple[str, str], ...]) -> str:
    said = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels)
    return f"{{{said}}}" if said else ""


@lru_cache(100)
def _bounds(bounds: tuple[float, ...]) -> list[str]:
    return [f'"{bound}"}}' for bound in (*bounds, "+Inf")]


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def page(parts: Iterable[Mapping[str, str]], accept: str) -> tuple[bytes, str]:
    """What several processes say, metric by metric, and its media type: OpenMetrics where that is accepted, or the text
    format that was before it."""
    new, parts = NEW in accept, list(parts)
    shown = []
    for metric in CATALOGUE:
        lines = "".join(part.get(metric.name, "") for part in parts)
        if lines:
            shown.append(_head(metric, new=new) + lines)
    end = "# EOF\n" if new else ""
    return ("".join(shown) + end).encode(), CONTENT_TYPE_LATEST if new else CONTENT_TYPE_PLAIN_0_0_4


def _head(metric: Metric, *, new: bool) -> str:
    name = metric.name.removesuffix(TOTAL) if new else metric.name
    return f"# HELP {name} {metric.says}\n# TYPE {name} {metric.kind}\n"
