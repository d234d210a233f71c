"""A server of several processes tells what all of them have counted, whichever of them is asked."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from tests.conftest import Database
from tests.metrics.scraping import scrape_from
from tests.processes import free_port, serve
from tests.serving.test_workers import SECRET, alive, started, until

QUERY = {"query": "{ __typename }"}


@contextmanager
def telling(folder: Path, database: Database) -> Iterator[tuple[str, str]]:
    """Where a server of two processes answers, and where it tells its metrics; both once both do."""
    with TemporaryDirectory(prefix="trellis-test-") as meeting:  # the path of a socket has a hundred letters at most
        port = free_port()
        variables = {
            "TRELLIS_DATABASE_URL": database.runtime_url,
            "TRELLIS_JWT_SECRET": SECRET,
            "TRELLIS_METRICS_PORT": str(port),
            "TMPDIR": meeting,
        }
        metrics = f"http://127.0.0.1:{port}"
        with serve(folder, "--workers", "2", **variables) as address:
            until(lambda: ups(metrics) == {"0": 1, "1": 1}, "two workers were not told")
            until(lambda: scrape_from(metrics).total("trellis_database_up") == 1, "the database was not told")
            yield address, metrics
        assert list(Path(meeting).iterdir()) == []


def ups(metrics: str) -> dict[str, float]:
    """Which workers are told, and which of them answered; none where nobody did."""
    try:
        found = scrape_from(metrics)
    except httpx.TransportError:  # of one that has just been ended
        return {}
    return {one.labels["worker"]: one.value for one in found.samples("trellis_worker_up")}


def answered(metrics: str) -> set[str | float]:
    """Of which workers there is something, and how many requests they have answered together."""
    found = scrape_from(metrics)
    requests = found.total("trellis_requests_total", operation="anonymous", status="200")
    return {*found.of("process_resident_memory_bytes", "worker"), requests}


def test_all_workers_are_told_by_any_of_them_whatever_becomes_of_them(database: Database, tmp_path: Path) -> None:
    with telling(tmp_path, database) as (address, metrics):
        for _ in range(20):  # each over a connection of its own, which any of them takes
            assert httpx.post(f"{address}/graphql", json=QUERY).status_code == 200
        for _ in range(4):
            until(lambda: answered(metrics) == {"0", "1", 20}, "they did not tell of all requests")
        other = httpx.post(f"{metrics}/graphql", json=QUERY)

        assert (other.status_code, other.text) == (404, "Here are only /metrics.\n")
        assert httpx.get(f"{metrics}/readyz").status_code == 404
        assert httpx.get(f"{address}/metrics").status_code == 404

        hanging = started(tmp_path)[0]
        os.kill(hanging, signal.SIGSTOP)
        try:
            until(lambda: sorted(ups(metrics).values()) == [0, 1], "the one that hangs was not told")
        finally:
            os.kill(hanging, signal.SIGKILL)
        until(lambda: len(started(tmp_path)) == 3 and ups(metrics) == {"0": 1, "1": 1}, "its successor was not told")

        # Of those that take the places of all, none is taken for one before it.
        old = [one for one in started(tmp_path) if alive(one)]
        status = Path(f"/proc/{old[0]}/status").read_text()
        os.kill(int(status.partition("PPid:")[2].split()[0]), signal.SIGHUP)
        until(lambda: not any(alive(one) for one in old), "the old ones are left")
        until(lambda: [*ups(metrics).values()] == [1, 1], "the new ones were not told")
        assert {*ups(metrics)} <= {"0", "1", "2", "3"}
