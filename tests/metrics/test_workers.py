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
            yield address, metrics
        assert list(Path(meeting).iterdir()) == []


def ups(metrics: str) -> dict[str, float]:
    """Which workers are told, and which of them answered."""
    return {one.labels["worker"]: one.value for one in scrape_from(metrics).samples("trellis_worker_up")}


def test_all_workers_are_told_by_any_of_them_also_one_that_hangs(database: Database, tmp_path: Path) -> None:
    with telling(tmp_path, database) as (address, metrics):
        for _ in range(20):  # each over a connection of its own, which any of them takes
            assert httpx.post(f"{address}/graphql", json=QUERY).status_code == 200
        found = [scrape_from(metrics) for _ in range(4)]
        other = httpx.post(f"{metrics}/graphql", json=QUERY)

        for one in found:
            assert one.total("trellis_requests_total", operation="anonymous", status="200") == 20
            assert one.of("process_resident_memory_bytes", "worker") == {"0", "1"}
            assert one.value("trellis_database_up") == 1
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


def test_workers_that_take_the_places_of_others_are_told_apart_from_them(database: Database, tmp_path: Path) -> None:
    with telling(tmp_path, database) as (_, metrics):
        old = started(tmp_path)
        status = Path(f"/proc/{old[0]}/status").read_text()
        os.kill(int(status.partition("PPid:")[2].split()[0]), signal.SIGHUP)
        until(lambda: not any(alive(one) for one in old), "the old ones are left")
        until(lambda: {*ups(metrics).values()} == {1} and len(ups(metrics)) == 2, "the new ones were not told")

        assert {*ups(metrics)} <= {"0", "1", "2", "3"}
