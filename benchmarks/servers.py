"""Runs the contenders, each server in a process of its own, and asks them."""

import asyncio
import http.client
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from select import select
from tempfile import TemporaryFile
from typing import IO, Any, Protocol

import asyncpg
import uvloop

from benchmarks.contenders import Contender, contenders
from benchmarks.dataset import Dataset
from benchmarks.floor.answers import answer
from benchmarks.floor.reader import Identity

ROOT = Path(__file__).parents[1]
SECONDS_TO_START = 60
FLOOR_IN_PROCESS = "Floor, in process"


class ServerDidNotStart(Exception):
    """A server ended, or was silent for a minute; the text is what it said last."""


class Asked(Protocol):
    """Whoever answers a workload's question about an organization, with JSON."""

    name: str

    def ask(self, workload: str, slug: str) -> bytes: ...


class Server:
    """A running server, asked over one connection that stays open."""

    def __init__(self, contender: Contender, process: "subprocess.Popen[bytes]", port: int) -> None:
        self.name = contender.name
        self.contender = contender
        self.process = process
        self.port = port
        self.headers = {"Content-Type": "application/json", "Accept": "application/json", **contender.headers}
        self._connection = http.client.HTTPConnection("127.0.0.1", port)

    def path(self, workload: str) -> str:
        return self.contender.path.format(workload=workload)

    def ask(self, workload: str, slug: str) -> bytes:
        if self._was_closed():
            self._connection.close()
        self._connection.request("POST", self.path(workload), self.contender.body(workload, slug), self.headers)
        return self._connection.getresponse().read()

    def _was_closed(self) -> bool:
        """Whether the server has hung up: most do after some idle seconds, and a slow round takes longer."""
        return self._connection.sock is not None and bool(select([self._connection.sock], [], [], 0)[0])

    def peak_memory(self) -> int:
        """The most memory that was resident at any one time since the start, in bytes; Linux only."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024


class FloorInProcess:
    """The floor without HTTP: on one connection, on the event loop that the servers have too."""

    name = FLOOR_IN_PROCESS

    def __init__(self, dataset: Dataset, runner: asyncio.Runner) -> None:
        self._runner = runner
        self._connection: asyncpg.Connection[Any] = runner.run(asyncpg.connect(dataset.addresses.runtime_url))
        self._identity = runner.run(Identity.find(self._connection))

    def ask(self, workload: str, slug: str) -> bytes:
        return self._runner.run(answer(self._connection, self._identity, workload, slug))

    def close(self) -> None:
        self._runner.run(self._connection.close())


@contextmanager
def floor_in_process(dataset: Dataset) -> Iterator[FloorInProcess]:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        floor = FloorInProcess(dataset, runner)
        try:
            yield floor
        finally:
            floor.close()


@contextmanager
def all_running(dataset: Dataset) -> Iterator[list[Server]]:
    """Every contender, newly started and answering, for the time of the block."""
    with ExitStack() as stack:
        yield [stack.enter_context(_running(contender)) for contender in contenders(dataset)]


@contextmanager
def _running(contender: Contender) -> Iterator[Server]:
    port = _free_port()
    environment = {name: value.format(port=port) for name, value in contender.environment.items()}
    with TemporaryFile() as said:
        process = subprocess.Popen(
            [argument.format(port=port) for argument in contender.command],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        server = Server(contender, process, port)
        try:
            _wait_until_ready(server, said)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=30)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def _wait_until_ready(server: Server, said: IO[bytes]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            socket.create_connection(("127.0.0.1", server.port)).close()
            return
        except OSError:
            if server.process.poll() is not None or time.monotonic() > deadline:
                said.seek(0)
                raise ServerDidNotStart(f"{server.name}: {said.read()[-2000:].decode(errors='replace')}") from None
        time.sleep(0.05)
