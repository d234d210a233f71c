"""What metrics cost: `python -m benchmarks.metrics`.

Serves the migrated database of TRELLIS_DATABASE_URL, with TRELLIS_JWT_SECRET: it is asked for something, by turns
alone and while it is asked for its metrics each second, fifteen times as often as Prometheus does. CPU rather than
seconds, as others may be at work too.
"""

import gc
import os
import socket
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
from pydantic import SecretStr

from app.config import Settings
from app.counting import Sizes
from app.graph.dataloader import KEYS
from app.http.request_counts import RequestCounts
from app.metrics.counted import Sources, counted
from app.metrics.lines import NEW, page
from app.metrics.probe import Probe
from app.pools import open_pools
from app.rates.limiter import Rates
from benchmarks.start import SECONDS_TO_SETTLE, TRELLIS, free_port

OPERATIONS, BATCHES = 100, 90
OUTCOMES = ((200, ""), (200, "NOT_FOUND"), (429, "RATE_LIMITED"), (503, "TIMEOUT"))
REQUESTS, SCRAPES, ROUNDS = 600, 200, 15
QUERY = {"query": "query Ping { viewer { user { id } } }"}


def main() -> None:
    sources = full()
    print(f"a scrape of one worker's own, all names taken: {milliseconds(lambda: told(sources), 50):.1f} ms of CPU")
    print(f"  {told(sources).count(b'{'):,} series, {len(told(sources)) // 1024} KiB")
    print(f"counting a request: {milliseconds(lambda: count(sources.counts), 50_000) * 1000:.1f} µs of CPU")
    port = free_port()
    with serving(port) as (process, address), httpx.Client(base_url=address) as client:
        seconds_a_request(client, process, None)
        print(f"a scrape over HTTP, with what waits: {scrape_milliseconds(port, process):.1f} ms of CPU of the server")
        pairs = [[seconds_a_request(client, process, each) for each in (None, port)] for _ in range(ROUNDS)]
    off, on = (statistics.median(one) * 1e6 for one in zip(*pairs, strict=True))
    print(f"a request: {off:.0f} µs of CPU unscraped, {on:.0f} µs scraped each second ({(on / off - 1):+.1%})")


def full() -> Sources:
    """What is counted where every operation that is told apart has had four outcomes."""
    settings = Settings(database_url="postgresql://nobody:@localhost/nothing", jwt_secret=SecretStr("x" * 32))
    counts = RequestCounts(f"query Operation{place} {{ a }}" for place in range(OPERATIONS))
    for place in range(OPERATIONS):
        name = counts.names.label(f"Operation{place}", uuid4(), fine=True)
        for status, code in OUTCOMES:
            counts.note(name, status, [code] if code else []).seconds.observe(0.01)
    KEYS.update({f"batch_{place}": Sizes() for place in range(BATCHES)})
    return Sources(counts, Rates(settings), open_pools(settings), Probe())


def told(sources: Sources) -> bytes:
    return page([counted(sources, "0")], NEW)[0]


def count(counts: RequestCounts) -> None:
    """What `http/access_log` does for each request."""
    noted = counts.note(counts.names.label("Operation7", None, fine=True), 200, ())
    noted.seconds.observe(0.004)
    noted.statements += 3
    noted.rows += 40


def milliseconds(run: Callable[[], object], times: int) -> float:
    run()
    gc.collect()
    began = time.process_time()
    for _ in range(times):
        run()
    return (time.process_time() - began) / times * 1000


def seconds_a_request(client: httpx.Client, process: int, metrics_port: int | None) -> float:
    """Of CPU of a server, which is asked for its metrics each second where that port is given."""
    with scraping(metrics_port):
        return seconds_each(process, lambda: client.post("/graphql", json=QUERY), REQUESTS)


def scrape_milliseconds(port: int, process: int) -> float:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        return seconds_each(process, lambda: client.get("/metrics", headers={"Accept": NEW}), SCRAPES) * 1000


def seconds_each(process: int, ask: Callable[[], httpx.Response], times: int) -> float:
    """Of CPU of the thread of a process's event loop."""
    began = nanoseconds(process)
    for _ in range(times):
        ask().raise_for_status()
    return (nanoseconds(process) - began) / 1e9 / times


def nanoseconds(process: int) -> int:
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0])


@contextmanager
def serving(metrics_port: int) -> Iterator[tuple[int, str]]:
    """The process of a server, and where it answers."""
    port = free_port()
    more = {"TRELLIS_RATE_LIMIT_ANONYMOUS": "1000000", "TRELLIS_METRICS_PORT": str(metrics_port)}
    command = [*TRELLIS, "serve", "--port", str(port)]
    with subprocess.Popen(command, env={**os.environ, **more}, stdout=subprocess.DEVNULL) as server:
        try:
            wait_for(port)
            time.sleep(SECONDS_TO_SETTLE)
            yield server.pid, f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@contextmanager
def scraping(port: int | None) -> Iterator[None]:
    over = threading.Event()

    def scrape() -> None:
        while port and not over.wait(1):
            httpx.get(f"http://127.0.0.1:{port}/metrics").raise_for_status()

    thread = threading.Thread(target=scrape)
    thread.start()
    yield
    over.set()
    thread.join()


def wait_for(port: int) -> None:
    while True:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=30)


if __name__ == "__main__":
    main()
