"""How long `trellis serve` takes to be ready, and the memory of its processes: `python -m benchmarks.start`.

Serves the migrated database of TRELLIS_DATABASE_URL, with TRELLIS_JWT_SECRET, by one, two and four workers.
"""

import socket
import subprocess
import sys
import time
from pathlib import Path
from tempfile import NamedTemporaryFile

TRELLIS = [sys.executable, "-c", "from app.cli import main; main()"]
READY = b"Application startup complete."
SECONDS_TO_SETTLE = 6  # by when each worker has loaded the model


def main() -> None:
    for workers in (1, 2, 4):
        print(measure(workers))


def measure(workers: int) -> str:
    with NamedTemporaryFile() as log:
        started = time.perf_counter()
        command = [*TRELLIS, "serve", "--port", str(free_port()), "--workers", str(workers)]
        with subprocess.Popen(command, stdout=log) as server:
            while Path(log.name).read_bytes().count(READY) < workers:
                if server.poll() is not None:
                    sys.exit("trellis serve has ended: look what it says by itself")
                time.sleep(0.02)
            ready, cpu = time.perf_counter() - started, sum(map(cpu_seconds, family(server.pid)))
            time.sleep(SECONDS_TO_SETTLE)
            sizes = [proportional_size(one) for one in family(server.pid)]
            server.terminate()
    return f"{workers} workers: ready in {ready:.1f} s, {cpu:.1f} s of CPU; {sum(sizes)} MiB: {sizes}"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def family(process: int) -> list[int]:
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [process, *(one for child in children for one in family(int(child)))]


def cpu_seconds(process: int) -> float:
    """In user and system mode, of a process (man 5 proc)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def proportional_size(process: int) -> int:
    """MiB of a process; a page that several share counts for each in part."""
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    return int(rollup.partition("Pss:")[2].split()[0]) // 1024


if __name__ == "__main__":
    main()
