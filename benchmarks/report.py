"""Writes what a run has found: RESULTS.md for people, results.json for programs."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median

import orjson

from benchmarks.contenders import FLOOR, TRELLIS
from benchmarks.results import Figure, Results
from benchmarks.servers import FLOOR_IN_PROCESS
from benchmarks.workloads import CONNECTIONS, GROWTH, LISTS, NEWEST, SMALL, Workload

FOLDER = Path(__file__).parent
HEAD = """\
# How fast Trellis is, beside what one might use instead

Written by `make bench`; [README.md](README.md) says how this is measured, and what favours whom. All read the same rows
from the same PostgreSQL, and their answers were found equal before anything was timed. Trellis runs as in production,
with a token to check, row-level security and its limits; the others run without any of these.

![The same as a picture](results.svg)
"""
QUICK = "**A quick run: few rounds, for a first look.**\n"
TIMES = (
    "Times are milliseconds from sending the question to having read the answer, one client, one question at a time. "
    "“× floor” compares with the floor over HTTP.\n"
)


def write(results: Results) -> None:
    """RESULTS.md and results.json, beside this file."""
    parts = [HEAD, QUICK if results.quick else "", table(("", ""), results.machine.items()), TIMES]
    parts += [_times(results, workload) for workload in (LISTS, CONNECTIONS, NEWEST)]
    parts += [_rates(results), *_growth(results)]
    (FOLDER / "RESULTS.md").write_text("\n".join(part for part in parts if part))
    (FOLDER / "results.json").write_bytes(orjson.dumps(asdict(results), option=orjson.OPT_INDENT_2))


def _times(results: Results, workload: Workload) -> str:
    figures = results.of(workload)
    bases = [figures[name].milliseconds for name in (FLOOR, FLOOR_IN_PROCESS, TRELLIS)]
    rows = [
        (
            _name(name),
            f"{figure.milliseconds:.1f}",
            f"{figure.fastest:.1f}",
            *(f"{figure.milliseconds / base:.2f}" for base in bases),
            f"{figure.bytes:,}",
            str(figure.statements),
            _megabytes(figure),
        )
        for name, figure in sorted(figures.items(), key=lambda item: item[1].milliseconds)
    ]
    titles = ("", "median", "least", "× floor", "× floor in process", "× Trellis", "bytes", "statements", "peak MB")
    return f"## {workload.title}\n\n{table(titles, rows)}"


def _rates(results: Results) -> str:
    figures = {name: figure for name, figure in results.of(SMALL).items() if figure.rates}
    ours = median(figures[TRELLIS].rates)
    rows = [
        (
            _name(name),
            f"{median(figure.rates):,.0f}",
            f"{max(figure.rates):,.0f}",
            f"{median(figure.rates) / ours:.2f}",
            f"{figure.milliseconds:.2f}",
            str(figure.statements),
            _megabytes(figure),
        )
        for name, figure in sorted(figures.items(), key=lambda item: -median(item[1].rates))
    ]
    titles = ("", "requests/s, median", "most", "× Trellis", "ms for one alone", "statements", "peak MB")
    note = "At 16 connections, one process for each server."
    return f"## {SMALL.title}\n\n{note}\n\n{table(titles, rows)}"


def _growth(results: Results) -> list[str]:
    measured = [results.of(workload) for workload in GROWTH]
    titles = ("", *(workload.title for workload in GROWTH))
    times = [(_name(name), *(f"{figures[name].milliseconds:.1f}" for figures in measured)) for name in measured[0]]
    peaks = [
        (_name(name), *(_megabytes(figures[name]) for figures in measured))
        for name, figure in measured[0].items()
        if figure.peak_memory
    ]
    return [
        f"## (e) Growth: workload (a) with more teams, median milliseconds\n\n{table(titles, times)}",
        f"Peak memory of each process in MB, from its start up to this size:\n\n{table(titles, peaks)}",
    ]


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = [titles, ["---", *("---:" for _ in titles[1:])], *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _name(name: str) -> str:
    return f"**{name}**" if name == TRELLIS else name


def _megabytes(figure: Figure) -> str:
    return f"{figure.peak_memory / 1e6:.0f}" if figure.peak_memory else "–"
