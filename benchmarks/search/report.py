"""Writes and draws what a run has found: SEARCH.md and search.svg."""

from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

import matplotlib as mpl
from matplotlib.figure import Figure as Drawing

from benchmarks.report import table
from benchmarks.search.nothing import Nothing
from benchmarks.search.quality import MODES, Neighbours, Quality
from benchmarks.search.speed import Speed, percentile

FOLDER = Path(__file__).parents[1]
COLOURS = {"HYBRID": "#0b7a75", "SEMANTIC": "#8d99ae", "FULL_TEXT": "#d08c3e"}
HEAD = """\
# How good search is, and how fast

Written by `make bench-search DATA=folder`. Each collection is an organization whose texts are tasks; every query goes
through the GraphQL API, as the server's role, under row-level security, with ten results asked for.
"""


@dataclass
class Report:
    """All figures of one run."""

    machine: dict[str, str]
    embedder: str
    quick: bool
    qualities: dict[tuple[str, str], Quality] = field(default_factory=dict)  # by collection and mode
    nothings: dict[tuple[str, str, str], Nothing] = field(default_factory=dict)  # by kind, mode and collection
    neighbours: dict[tuple[int, int], Neighbours] = field(default_factory=dict)  # by tasks and percent of them
    speeds: dict[tuple[int, str], Speed] = field(default_factory=dict)  # by tasks and mode
    scans: dict[str, int] = field(default_factory=dict)  # of each index

    @property
    def file(self) -> Path:
        """SEARCH.md is of the default model; another has a page of its own."""
        return FOLDER / ("SEARCH.md" if self.embedder == "wordllama" else f"SEARCH-{self.embedder}.md")


def write(report: Report) -> None:
    parts = [
        HEAD,
        table(("", ""), [*report.machine.items(), ("Model", report.embedder)]),
        _qualities(report),
        _nothings(report),
    ]
    if report.speeds:
        parts += ["![Times of searches](search.svg)\n", _speeds(report), _neighbours(report), _scans(report)]
    report.file.write_text("\n".join(parts))
    print(f"Written: {report.file.name}")


def _qualities(report: Report) -> str:
    names = list(dict.fromkeys(name for name, _ in report.qualities))
    rows = []
    for mode in MODES:
        of_mode = [report.qualities[name, mode] for name in names]
        for label in ("ndcg", "recall", "mrr"):
            values = [getattr(one, label) for one in of_mode]
            title = {"ndcg": "nDCG@10", "recall": "recall@10", "mrr": "MRR"}[label]
            rows.append((mode, title, *(f"{value:.3f}" for value in values), f"**{fmean(values):.3f}**"))
    return "## Quality\n\n" + table(("mode", "", *names, "average"), rows)


def _nothings(report: Report) -> str:
    names = list(dict.fromkeys(name for _, _, name in report.nothings))
    rows = []
    for kind, mode in dict.fromkeys((kind, mode) for kind, mode, _ in report.nothings):
        every = [report.nothings[kind, mode, name] for name in names]
        rows.append((kind, mode, *(f"{one.share:.0%}, {one.found:.1f}" for one in every)))
    text = (
        "Searches for what no collection is about: how many find nothing, and how many tasks one finds on average, of "
        "at most a hundred. By words, one that is in a text finds it, such as `long` of a recipe.\n"
    )
    return f"## What is not there\n\n{text}\n{table(('asked for', 'mode', *names), rows)}"


def _speeds(report: Report) -> str:
    rows = [
        (
            f"{size:,}",
            mode,
            f"{percentile(one.statements, 50):.1f}",
            f"{percentile(one.embedding, 50):.1f}",
            f"{percentile(one.resolver, 50):.1f}",
            f"{one.resolver_ratio:.2f}",
            f"{percentile(one.api, 50):.1f}",
            f"{percentile(one.api, 95):.1f}",
            f"{one.api_ratio:.2f}",
        )
        for (size, mode), one in report.speeds.items()
    ]
    titles = ("tasks", "mode", "statements", "embedding", "resolver", "× both", "API p50", "API p95", "× all")
    text = (
        "Milliseconds, medians where nothing else is said: of a search's own statements, sent over one connection with "
        "nothing around them; of embedding its query; of the resolver within a transaction that is open, from its call "
        "until its rows are there, and over the two together; and of the answer through the API, HTTP and all, over "
        "those and the opening of its transaction. All are measured by turns, one search after the other. The model "
        "works while the database does, so the resolver may take less than both.\n"
    )
    return f"## Speed\n\n{text}\n{table(titles, rows)}"


def _neighbours(report: Report) -> str:
    rows = [
        (f"{size:,}", f"{percent} %", f"{one.recall:.3f}", str(one.fewest))
        for (size, percent), one in report.neighbours.items()
    ]
    text = "SEMANTIC beside the exact ten, among all tasks and within a filter on teams that half of them or one in a "
    text += "hundred passes. Where at most 5,000 do, all are compared. What is below the floor is none of the ten.\n"
    return f"## Neighbours\n\n{text}\n{table(('tasks', 'pass', 'recall@10', 'fewest found'), rows)}"


def _scans(report: Report) -> str:
    rows = [(f"`{name}`", f"{scans:,}") for name, scans in report.scans.items()]
    return "## Indexes\n\nHow often PostgreSQL used each for these searches.\n\n" + table(("index", "scans"), rows)


def draw(report: Report) -> None:
    """The median of each mode by size, as the API answers it (solid) and as its statements alone take (dashed)."""
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "trellis", "font.size": 9})
    drawing = Drawing(figsize=(7, 4), layout="constrained")
    axes = drawing.subplots()
    sizes = sorted({size for size, _ in report.speeds})
    for mode in MODES:
        for style, name in (("-", "api"), ("--", "statements")):
            times = [percentile(getattr(report.speeds[size, mode], name), 50) for size in sizes]
            axes.loglog(sizes, times, style, marker="o", color=COLOURS[mode], label=f"{mode}, {name}")
    axes.set_xlabel("tasks of the organization")
    axes.set_ylabel("milliseconds, median")
    axes.legend()
    axes.spines[["top", "right"]].set_visible(False)
    drawing.savefig(FOLDER / "search.svg", metadata={"Date": None})
