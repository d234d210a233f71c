"""Who runs the server of a data directory, and that nothing is left behind however that one ends."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE
from typing import Any

import asyncpg
import pytest

from app.postgres import embedded
from app.postgres.embedded import DataDirectoryInUse, DataDirectoryUnusable
from app.postgres.server import Addresses, ready_at

ROOT = Path(__file__).parents[2]
HOLD = """
import sys
from pathlib import Path
from app.postgres import embedded
with getattr(embedded, sys.argv[1])(Path(sys.argv[2])):
    print("ready", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(verb: str, directory: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process inside `embedded.run` or `embedded.borrow`; closing its standard input lets it leave."""
    command = [sys.executable, "-W", "error", "-c", HOLD, verb, str(directory)]
    environment = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdin=PIPE, stdout=PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.terminate()
            process.wait(timeout=60)


def running(directory: Path) -> Addresses:
    addresses = ready_at(directory.resolve() / "postgres")
    assert addresses is not None
    return addresses


def postmaster(directory: Path) -> int:
    return int((directory / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])


async def fetch(url: str, query: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_a_second_one_on_the_same_directory_is_told_by_whom_it_is_used(data_directory: Path) -> None:
    with holder("run", data_directory) as first:
        refusal = rf"{data_directory} is in use by process {first.pid}:"
        with pytest.raises(DataDirectoryInUse, match=refusal), embedded.run(data_directory):
            pytest.fail("two servers over the same files")

        assert await fetch(running(data_directory).runtime_url, "SELECT 1") == 1


async def test_a_killed_parent_and_its_surviving_server_are_replaced(data_directory: Path) -> None:
    with holder("run", data_directory) as first:
        survivor = postmaster(data_directory)
        await fetch(running(data_directory).owner_url, "CREATE TABLE kept AS SELECT 1")
        first.kill()
        first.wait()
        os.kill(survivor, 0)

    with embedded.run(data_directory) as addresses:
        assert postmaster(data_directory) != survivor
        assert await fetch(addresses.owner_url, "SELECT count(*) FROM kept") == 1


async def test_everything_killed_at_once_recovers(data_directory: Path) -> None:
    with holder("run", data_directory) as first:
        await fetch(running(data_directory).owner_url, "CREATE TABLE kept AS SELECT 1")
        first.kill()
        os.kill(postmaster(data_directory), signal.SIGKILL)

    with embedded.run(data_directory) as addresses:
        assert await fetch(addresses.owner_url, "SELECT count(*) FROM kept") == 1


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_server_too(data_directory: Path, signal_number: signal.Signals) -> None:
    with holder("run", data_directory) as process:
        process.send_signal(signal_number)
        process.wait(timeout=30)

    assert not (data_directory / "postgres" / "postmaster.pid").exists()


def test_a_hang_up_that_the_parent_ignores_is_ignored(data_directory: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with embedded.run(data_directory, durable=False):
            os.kill(os.getpid(), signal.SIGHUP)
            assert ready_at(data_directory / "postgres") is not None
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_an_error_in_the_block_ends_the_server_too(data_directory: Path) -> None:
    with pytest.raises(ZeroDivisionError), embedded.run(data_directory, durable=False):
        raise ZeroDivisionError

    assert not (data_directory / "postgres" / "postmaster.pid").exists()


def test_borrowing_uses_the_server_that_runs(data_directory: Path) -> None:
    with holder("run", data_directory):
        before = postmaster(data_directory)

        with embedded.borrow(data_directory) as addresses:
            assert addresses == running(data_directory)

        assert postmaster(data_directory) == before


async def test_borrowing_starts_a_server_where_none_runs(data_directory: Path) -> None:
    with embedded.borrow(data_directory) as addresses:
        assert await fetch(addresses.runtime_url, "SELECT 1") == 1

    assert not (data_directory / "postgres" / "postmaster.pid").exists()


async def test_a_lender_stays_until_its_guest_has_left(data_directory: Path) -> None:
    with holder("borrow", data_directory) as lender:
        with holder("borrow", data_directory) as guest:
            assert lender.stdin is not None
            lender.stdin.close()
            with pytest.raises(subprocess.TimeoutExpired):
                lender.wait(timeout=0.5)
            assert await fetch(running(data_directory).runtime_url, "SELECT 1") == 1

            assert guest.stdin is not None
            guest.stdin.close()
            lender.wait(timeout=30)

        assert (lender.returncode, guest.returncode) == (0, 0)


def test_a_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    refusal = "cannot be used: File exists; name another one with --data"
    with pytest.raises(DataDirectoryUnusable, match=refusal), embedded.run(tmp_path / "file"):
        pytest.fail("no directory, no server")


def test_nothing_is_said_and_no_thread_is_left(data_directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = threading.active_count()

    with embedded.run(data_directory, durable=False):
        pass

    assert capfd.readouterr() == ("", "")
    assert threading.active_count() == before
