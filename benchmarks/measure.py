"""Times the contenders in turn, round after round, so that a slow moment of the machine hits all of them alike."""

import gc
import json
import random
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.contenders import NODE, PEERS
from benchmarks.servers import Asked, Server
from benchmarks.workloads import Workload

CONNECTIONS = 16
AUTOCANNON = PEERS / "node_modules/autocannon/autocannon.js"


class WrongAnswersUnderLoad(Exception):
    """Under load a server gave errors, or other answers than it gives alone."""


@dataclass(frozen=True)
class Pace:
    """How long a run takes: the quick one shows where things stand, the full one is for publishing."""

    rounds: int
    large_rounds: int  # of questions with more than 5,000 tasks
    warm_up: float  # seconds for each contender and workload, after which V8 has compiled what it will
    load_rounds: int
    load_seconds: int


QUICK = Pace(rounds=5, large_rounds=2, warm_up=1, load_rounds=2, load_seconds=2)
FULL = Pace(rounds=51, large_rounds=5, warm_up=3, load_rounds=7, load_seconds=4)


def response_times(asked: Sequence[Asked], workload: Workload, pace: Pace) -> dict[str, list[float]]:
    """Seconds from sending a question to having read the whole answer, for each round."""
    large = workload.tasks > 5_000
    for contender in asked:
        _warm_up(contender, workload, pace.warm_up / 2 if large else pace.warm_up)
    times: dict[str, list[float]] = {contender.name: [] for contender in asked}
    order = random.Random(workload.slug)
    gc.collect()
    gc.disable()  # a collection here would be counted as somebody's
    try:
        for _ in range(pace.large_rounds if large else pace.rounds):
            for contender in order.sample(asked, len(asked)):
                times[contender.name].append(_time(contender, workload))
    finally:
        gc.enable()
    return times


def _warm_up(contender: Asked, workload: Workload, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    contender.ask(workload.key, workload.slug)
    while time.monotonic() < deadline:
        contender.ask(workload.key, workload.slug)


def _time(contender: Asked, workload: Workload) -> float:
    begin = time.perf_counter()
    contender.ask(workload.key, workload.slug)
    return time.perf_counter() - begin


def throughput(servers: Sequence[Server], workload: Workload, pace: Pace) -> dict[str, list[float]]:
    """Requests per second at 16 connections, for each round; raises WrongAnswersUnderLoad."""
    rates: dict[str, list[float]] = {server.name: [] for server in servers}
    order = random.Random(workload.slug)
    for server in servers:
        _load(server, workload, seconds=max(int(pace.warm_up), 1))
    for _ in range(pace.load_rounds):
        for server in order.sample(servers, len(servers)):
            rates[server.name].append(_load(server, workload, seconds=pace.load_seconds))
    return rates


def _load(server: Server, workload: Workload, *, seconds: int) -> float:
    answer = server.ask(workload.key, workload.slug).decode()
    headers = [part for name, value in server.headers.items() for part in ("-H", f"{name}: {value}")]
    body = server.contender.body(workload.key, workload.slug).decode()
    address = f"http://127.0.0.1:{server.port}{server.path(workload.key)}"
    options = ["-c", str(CONNECTIONS), "-d", str(seconds), "-m", "POST", "-b", body, "--expectBody", answer, "--json"]
    ended = subprocess.run([NODE, AUTOCANNON, *options, *headers, address], capture_output=True, text=True, check=True)
    result = json.loads(ended.stdout)
    if result["errors"] or result["non2xx"] or result["mismatches"]:
        raise WrongAnswersUnderLoad(f"{server.name}: {ended.stdout}")
    answers: int = result["2xx"]
    return answers / float(result["duration"])
