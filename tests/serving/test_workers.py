"""What keeps the workers of `trellis serve` alive, and when it ends them."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.serving.listen import listen
from tests.conftest import Database
from tests.processes import ROOT, environment, serve

SECRET = "a secret of thirty-two bytes or more"
# Two processes that do what `work` says, under limits of half a second.
PROGRAM = """
import signal, sys, time
from app.serving import workers
from app.db.columns import new_id
from app.log import log, start_logging
workers.LONGEST_SILENCE = workers.GRACE = workers.PAUSE = 0.5
start_logging()
new_id()

def work(beat):
    {work}
    log.info("ready")
    while True:
        beat()
        time.sleep(0.1)

sys.exit(workers.Workers(2, work, seconds_to_finish=0).run())
"""


class Parent:
    """A process with workers, and what they have said."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log

    def said(self, event: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self._log.read_text().splitlines()]
        return [line for line in lines if line["event"] == event]

    def hears(self, event: str, times: int) -> list[dict[str, Any]]:
        until(lambda: len(self.said(event)) >= times, f"{event!r} was not said {times} times: {self._log.read_text()}")
        return self.said(event)

    def started(self) -> list[int]:
        return [line["worker"] for line in self.said("worker started")]


@contextmanager
def working(folder: Path, work: str) -> Iterator[Parent]:
    log = folder / "log"
    command = [sys.executable, "-c", PROGRAM.format(work=work)]
    with log.open("wb") as output, subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=output) as process:
        parent = Parent(process, log)
        try:
            yield parent
        finally:
            for one in [process.pid, *parent.started()]:
                if alive(one):
                    os.kill(one, signal.SIGKILL)


def until(holds: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail(otherwise)
        time.sleep(0.02)


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_worker_that_dies_is_replaced_and_the_log_says_why(tmp_path: Path) -> None:
    with working(tmp_path, "pass") as parent:
        parent.hears("ready", 2)
        first, second = parent.started()
        os.kill(first, signal.SIGKILL)
        (ended,) = parent.hears("worker ended: another takes its place", 1)
        parent.hears("ready", 3)
        parent.process.terminate()

        assert parent.process.wait(timeout=30) == 0
    assert (ended["worker"], ended["reason"]) == (
        first,
        "was ended by SIGKILL, as the kernel does where memory runs out",
    )
    assert len(parent.started()) == 3
    assert not any(alive(one) for one in [first, second])


def test_a_worker_that_hangs_is_killed_and_the_log_says_so(tmp_path: Path) -> None:
    with working(tmp_path, "pass") as parent:
        parent.hears("ready", 2)
        first, _ = parent.started()
        os.kill(first, signal.SIGSTOP)
        (killed,) = parent.hears("worker gave no sign of life and is killed", 1)
        parent.hears("ready", 3)

    assert (killed["worker"], killed["seconds"]) == (first, 0.5)


def test_workers_that_cannot_start_end_it_all(tmp_path: Path) -> None:
    with working(tmp_path, "sys.exit(workers.BROKEN)") as parent:
        assert parent.process.wait(timeout=30) == 3

    assert len(parent.started()) == 2
    assert [line["event"] for line in parent.said("worker could not start, so the server ends")] != []


def test_a_worker_that_crashes_at_once_is_not_made_again_and_again(tmp_path: Path) -> None:
    with working(tmp_path, "sys.exit(7)") as parent:
        until(lambda: len(parent.started()) >= 4, "they were not replaced")
        ends = parent.hears("worker ended: another takes its place", 2)
        starts = parent.said("worker started")

    assert {end["reason"] for end in ends} == {"exited with 7"}
    assert moment(starts[2]) - moment(starts[0]) >= 0.5


def moment(line: dict[str, Any]) -> float:
    minutes, seconds = line["timestamp"].rstrip("Z").split(":")[1:]
    return int(minutes) * 60 + float(seconds)


def test_a_worker_that_does_not_end_is_killed(tmp_path: Path) -> None:
    with working(tmp_path, "signal.signal(signal.SIGTERM, signal.SIG_IGN)") as parent:
        parent.hears("ready", 2)
        parent.process.terminate()

        assert parent.process.wait(timeout=30) == 0
        assert len(parent.said("worker did not end and is killed")) == 2
        assert not any(alive(one) for one in parent.started())


@pytest.mark.parametrize("work", ["pass", "signal.signal(signal.SIGTERM, signal.SIG_IGN)"])
def test_a_killed_parent_leaves_no_workers(tmp_path: Path, work: str) -> None:
    with working(tmp_path, work) as parent:
        parent.hears("ready", 2)
        parent.process.kill()

        until(lambda: not any(alive(one) for one in parent.started()), "workers are left")
        assert len(parent.said("worker ends, as its parent is gone")) == 2


def test_sighup_puts_new_workers_in_the_places_of_all(tmp_path: Path) -> None:
    with working(tmp_path, "pass") as parent:
        parent.hears("ready", 2)
        old = parent.started()
        parent.process.send_signal(signal.SIGHUP)
        parent.hears("ready", 4)

        until(lambda: not any(alive(one) for one in old), "the old ones are left")
        assert all(alive(one) for one in parent.started()[2:])
        assert len(parent.started()) == 4
        assert parent.said("worker ended: another takes its place") == []


def test_workers_make_ids_of_their_own(tmp_path: Path) -> None:
    with working(tmp_path, 'log.info("made", id=str(new_id()))') as parent:
        first, second = parent.hears("made", 2)

    assert first["id"][14:] != second["id"][14:]  # apart from the time


@contextmanager
def two_serving(folder: Path, database: Database) -> Iterator[tuple[str, list[int]]]:
    """`trellis serve --workers 2` once both answer: its address, and the processes that do."""
    variables = {"TRELLIS_DATABASE_URL": database.runtime_url, "TRELLIS_JWT_SECRET": SECRET}
    with serve(folder, "--workers", "2", **variables) as address:
        until(lambda: log_of(folder).count("Application startup complete.") == 2, "a worker does not start")
        yield address, started(folder)


def log_of(folder: Path) -> str:
    return (folder / "log").read_text()


def started(folder: Path) -> list[int]:
    return [int(one) for one in re.findall(r"Started server process \[(\d+)\]", log_of(folder))]


def test_a_busy_machine_ends_no_worker(database: Database, tmp_path: Path) -> None:
    with two_serving(tmp_path, database) as (address, workers):
        for one in workers:
            os.kill(one, signal.SIGSTOP)
        time.sleep(7)
        for one in workers:
            os.kill(one, signal.SIGCONT)
        time.sleep(1)

        assert httpx.get(f"{address}/healthz", timeout=10).status_code == 200
        assert started(tmp_path) == workers
        assert all(alive(one) for one in workers)


def test_a_killed_server_gives_its_port_back(database: Database, tmp_path: Path) -> None:
    with two_serving(tmp_path, database) as (address, workers):
        status = Path(f"/proc/{workers[0]}/status").read_text()
        os.kill(int(status.partition("PPid:")[2].split()[0]), signal.SIGKILL)

        until(lambda: not any(alive(one) for one in workers), "workers are left")
        listen("127.0.0.1", httpx.URL(address).port or 0).close()


def test_workers_are_replaced_while_requests_are_answered(database: Database, tmp_path: Path) -> None:
    answers: Counter[str] = Counter()
    with two_serving(tmp_path, database) as (address, workers):
        status = Path(f"/proc/{workers[0]}/status").read_text()
        os.kill(int(status.partition("PPid:")[2].split()[0]), signal.SIGHUP)
        while any(alive(one) for one in workers):
            answers[ask(address)] += 1

        # A worker that ends closes connections that it has not been asked anything on: one of ours, if any.
        assert answers.pop("cut", 0) <= 2
        assert {*answers} == {"200"}
        assert len(started(tmp_path)) == 4


def ask(address: str) -> str:
    try:
        return str(httpx.get(f"{address}/healthz", timeout=10).status_code)
    except httpx.TransportError:
        return "cut"
