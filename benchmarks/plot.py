"""Draws what a run has found: results.svg."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from benchmarks.contenders import FLOOR, TRELLIS
from benchmarks.results import Figure, Results
from benchmarks.servers import FLOOR_IN_PROCESS
from benchmarks.workloads import CONNECTIONS, GROWTH, LISTS, NEWEST, SMALL, Workload

FILE = Path(__file__).with_name("results.svg")
OURS, FLOORS, OTHERS = "#0b7a75", "#b8c4c2", "#8d99ae"


def draw(results: Results) -> None:
    """Bars for workloads (a) to (d), lines for growth in time and memory."""
    # Text stays text, and ids are the same in each run, so that a change of the file is a change of the figures.
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "trellis", "font.size": 9})
    drawing = Drawing(figsize=(11, 10), layout="constrained")
    axes = drawing.subplots(3, 2).flat
    for place, workload in zip(axes, (LISTS, CONNECTIONS, NEWEST), strict=False):
        _bars(place, workload, _milliseconds(results, workload), "milliseconds, median: less is better")
    rates = {name: median(figure.rates) for name, figure in results.of(SMALL).items() if figure.rates}
    _bars(axes[3], SMALL, rates, "requests per second at 16 connections: more is better")
    _lines(axes[4], _grown(results, lambda figure: figure.milliseconds), "milliseconds, median")
    _lines(axes[5], _grown(results, lambda figure: (figure.peak_memory or 0) / 1e6), "peak memory, MB")
    drawing.savefig(FILE, metadata={"Date": None})


def _milliseconds(results: Results, workload: Workload) -> dict[str, float]:
    return {name: figure.milliseconds for name, figure in results.of(workload).items()}


def _bars(axes: Axes, workload: Workload, values: Mapping[str, float], unit: str) -> None:
    names = sorted(values, key=lambda name: values[name], reverse=workload is not SMALL)  # the best on top
    bars = axes.barh(names, [values[name] for name in names], color=[_colour(name) for name in names])
    axes.bar_label(bars, fmt="{:,.0f}" if workload is SMALL else "{:,.1f}", padding=3)
    axes.margins(x=0.15)
    axes.set_title(workload.title, loc="left", fontsize=9)
    axes.set_xlabel(unit)
    axes.spines[["top", "right"]].set_visible(False)


def _grown(results: Results, value: Callable[[Figure], float]) -> dict[str, list[float]]:
    measured = [results.of(workload) for workload in GROWTH]
    lines = {name: [value(figures[name]) for figures in measured] for name in measured[0]}
    return {name: values for name, values in lines.items() if all(values)}


def _lines(axes: Axes, lines: Mapping[str, Sequence[float]], unit: str) -> None:
    sizes = [workload.tasks for workload in GROWTH]
    for name, values in lines.items():
        ours = name == TRELLIS
        axes.loglog(sizes, values, label=name, marker="o", linewidth=3 if ours else 1, color=OURS if ours else None)
    axes.set_title("(e) Growth: workload (a) with more teams", loc="left", fontsize=9)
    axes.set_xlabel("tasks")
    axes.set_ylabel(unit)
    axes.legend(fontsize=7)
    axes.spines[["top", "right"]].set_visible(False)


def _colour(name: str) -> str:
    if name == TRELLIS:
        return OURS
    return FLOORS if name in (FLOOR, FLOOR_IN_PROCESS) else OTHERS
