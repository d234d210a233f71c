"""`make bench`: measures everybody, checks that they agree, and writes RESULTS.md, results.svg and results.json."""

from collections.abc import Sequence
from typing import Annotated

import typer

from benchmarks.answers import plain, require_same
from benchmarks.dataset import Dataset, served
from benchmarks.machine import machine
from benchmarks.measure import FULL, QUICK, Pace, response_times, throughput
from benchmarks.plot import draw
from benchmarks.report import write
from benchmarks.results import Figure, Results
from benchmarks.servers import Asked, Server, all_running, floor_in_process
from benchmarks.statements import count, logged
from benchmarks.workloads import GROWTH, SMALL, TIMED, Workload


def main(quick: Annotated[bool, typer.Option(help="Fewer rounds: three minutes in place of ten.")] = False) -> None:
    """Measure Trellis, its peers and the floor on one PostgreSQL."""
    pace = QUICK if quick else FULL
    results = Results(machine(), quick=quick)
    print("Filling PostgreSQL with 100,000 tasks")
    with served() as dataset:
        for workloads in (SMALL, *TIMED), GROWTH:
            # Growth gets new processes, so that each size is the largest that they have seen.
            with all_running(dataset) as servers, floor_in_process(dataset) as floor:
                for workload in workloads:
                    results.add(workload, _measured(dataset, servers, floor, workload, pace))
    write(results)
    draw(results)
    print("Written: benchmarks/RESULTS.md, benchmarks/results.svg, benchmarks/results.json")


def _measured(
    dataset: Dataset, servers: Sequence[Server], floor: Asked, workload: Workload, pace: Pace
) -> dict[str, Figure]:
    print(workload.title)
    asked = [*servers, floor]
    sizes = _compared(asked, workload)
    with logged(dataset):
        statements = {contender.name: count(dataset, contender, workload) for contender in asked}
    rates = throughput(servers, workload, pace) if workload is SMALL else {}
    times = response_times(asked, workload, pace)
    peaks = {server.name: server.peak_memory() for server in servers}
    return {
        contender.name: Figure(
            seconds=times[contender.name],
            bytes=sizes[contender.name],
            statements=statements[contender.name],
            rates=rates.get(contender.name, []),
            peak_memory=peaks.get(contender.name),
        )
        for contender in asked
    }


def _compared(asked: Sequence[Asked], workload: Workload) -> dict[str, int]:
    """The size of each answer in bytes; raises AnswersDiffer where one is not the floor's, the last to be asked."""
    bodies = {contender.name: contender.ask(workload.key, workload.slug) for contender in asked}
    expected = plain(bodies[asked[-1].name])
    for name, body in bodies.items():
        require_same(name, plain(body), expected)
    return {name: len(body) for name, body in bodies.items()}


typer.run(main)
