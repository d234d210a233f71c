"""The `trellis` command as a person runs it: real processes, real signals, real sockets."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[1]
# Tests that were started in the background ignore Ctrl-C, and so would the processes that they start.
HEAR = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
TRELLIS = [sys.executable, "-c", f"{HEAR}; from app.cli import main; main()"]


@dataclass(frozen=True)
class Running:
    process: subprocess.Popen[str]
    address: str
    token: str

    def ask(self, body: dict[str, str]) -> Any:
        return httpx.post(self.address, json=body, headers={"Authorization": f"Bearer {self.token}"}).json()


def environment(**variables: str) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("TRELLIS_", "XDG_RUNTIME"))}
    return plain | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"} | variables


def trellis(
    folder: Path, *arguments: str, typed: str | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """What a command says that is `typed` that."""
    command, env = [*TRELLIS, *arguments], environment(**variables)
    return subprocess.run(
        command, cwd=folder, env=env, input=typed, capture_output=True, text=True, timeout=60, check=False
    )


@contextmanager
def dev(folder: Path, *arguments: str, **variables: str) -> Iterator[Running]:
    """`trellis dev` when it has said that it is ready, on a free port."""
    command = [*TRELLIS, "dev", "--data", str(folder / "data"), "--port", "0", *arguments]
    with subprocess.Popen(
        command, cwd=folder, env=environment(**variables), stdout=PIPE, stderr=PIPE, text=True
    ) as process:
        try:
            yield until_ready(process)
        finally:
            end(process)


def end(process: subprocess.Popen[Any]) -> None:
    """Asks the process to end; one that does not is killed, and its test fails."""
    process.terminate()
    try:
        process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


def until_ready(process: subprocess.Popen[str]) -> Running:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if match := re.search(r"(http://\S+/graphql)\n(?s:.*)Bearer (\S+)\n", said):
            return Running(process, match[1], match[2])
    pytest.fail(f"trellis dev ended before it was ready: {said}{process.communicate()[1]}")


@contextmanager
def serve(folder: Path, *arguments: str, **variables: str) -> Iterator[str]:
    """`trellis serve` when it answers; what it says goes into the files `log` and `errors` of the folder."""
    port = free_port()
    command = [*TRELLIS, "serve", "--port", str(port), *arguments]
    with (
        (folder / "log").open("wb") as log,
        (folder / "errors").open("wb") as errors,
        subprocess.Popen(command, cwd=folder, env=environment(**variables), stdout=log, stderr=errors) as process,
    ):
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz")
            yield f"http://127.0.0.1:{port}"
        finally:
            end(process)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def wait_for(address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            httpx.get(address).raise_for_status()
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"nothing answers at {address}")


def running_over(directory: Path) -> list[int]:
    """The processes of PostgreSQL over a data directory, by the working directory that they all have."""
    processes = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if link.readlink().is_relative_to(directory.resolve()):
                processes.append(int(link.parent.name))
        except OSError:  # it has ended meanwhile
            continue
    return processes
