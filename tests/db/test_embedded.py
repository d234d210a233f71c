"""The PostgreSQL that comes along: its roles, its locks, and that nothing is left behind however its parent ends."""

import os
import re
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

from app.db import embedded
from app.db.embedded import DataDirectoryInUse, DataDirectoryUnusable
from app.db.postgres import Addresses, Postgres, PostgresDidNotStart, ready_at

ROOT = Path(__file__).parents[2]
HOLD = """
import sys
from pathlib import Path
from app.db import embedded
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


@contextmanager
def bystanding() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


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


async def test_roles_are_separate_and_neither_is_a_superuser(addresses: Addresses) -> None:
    attributes = (
        "SELECT ARRAY[rolsuper, rolcreaterole, rolbypassrls, rolcreatedb] FROM pg_roles WHERE rolname = current_user"
    )

    assert await fetch(addresses.owner_url, attributes) == [False, True, False, False]
    assert await fetch(addresses.runtime_url, attributes) == [False, False, False, False]
    owner = "SELECT datdba::regrole::text FROM pg_database WHERE datname = 'trellis'"
    assert await fetch(addresses.runtime_url, owner) == "trellis_owner"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await fetch(addresses.runtime_url, "CREATE TABLE mine (id int)")


async def test_data_survive_a_restart(data_directory: Path) -> None:
    with embedded.run(data_directory) as addresses:
        assert await fetch(addresses.owner_url, "SHOW fsync") == "on"
        assert (
            await fetch(addresses.superuser_url, "SELECT extname FROM pg_extension WHERE extname = 'vector'")
            == "vector"
        )
        await fetch(addresses.owner_url, "CREATE TABLE kept AS SELECT 1")

    with embedded.run(data_directory) as addresses:
        assert await fetch(addresses.owner_url, "SELECT count(*) FROM kept") == 1


async def test_only_this_user_may_enter_the_directory_of_the_socket(own_server: Postgres) -> None:
    assert own_server.addresses.socket_directory.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["long" * 30, "with space, comma & 'quotes'", "ünïcødé"])
async def test_any_path_will_do(data_directory: Path, name: str) -> None:
    with embedded.run(data_directory / name, durable=False) as addresses:
        assert await fetch(addresses.runtime_url, "SELECT current_user::text") == "trellis"
        assert addresses.socket_directory.stat().st_mode & 0o777 == 0o700

    assert not addresses.socket_directory.exists()


async def test_a_relative_path_will_do(data_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(data_directory)

    with embedded.run(Path(".trellis"), durable=False) as addresses:
        assert await fetch(addresses.runtime_url, "SELECT 1") == 1


async def test_settings_of_the_shell_do_not_reach_postgres(
    data_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("PGPORT", "PGHOST", "PGUSER", "PGDATABASE", "PGDATA", "PGOPTIONS"):
        monkeypatch.setenv(variable, "1")

    with embedded.run(data_directory, durable=False) as addresses:
        monkeypatch.delenv("PGOPTIONS")  # asyncpg's own business
        assert await fetch(addresses.runtime_url, "SELECT 1") == 1


async def test_files_that_were_never_finished_are_made_again(data_directory: Path) -> None:
    unfinished = data_directory / "postgres.unfinished"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")

    with embedded.run(data_directory, durable=False) as addresses:
        assert await fetch(addresses.runtime_url, "SELECT 1") == 1

    assert not unfinished.exists()


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


async def test_a_process_id_that_is_somebody_elses_by_now_is_left_alone(data_directory: Path) -> None:
    with embedded.run(data_directory, durable=False):
        status = (data_directory / "postgres" / "postmaster.pid").read_text()
    with bystanding() as bystander:
        (data_directory / "postgres" / "postmaster.pid").write_text(re.sub(r"^\d+", str(bystander.pid), status))

        with embedded.run(data_directory, durable=False) as addresses:
            assert await fetch(addresses.runtime_url, "SELECT 1") == 1

        assert bystander.poll() is None


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


def test_files_of_another_version_are_refused_with_postgres_own_words(data_directory: Path) -> None:
    with embedded.run(data_directory, durable=False):
        pass
    (data_directory / "postgres" / "PG_VERSION").write_text("12\n")

    refusal = r"initialized by PostgreSQL version 12.*postgres\.log"
    with pytest.raises(PostgresDidNotStart, match=refusal), embedded.run(data_directory, durable=False):
        pytest.fail("it must not start")


def test_nothing_is_said_and_no_thread_is_left(data_directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = threading.active_count()

    with embedded.run(data_directory, durable=False):
        pass

    assert capfd.readouterr() == ("", "")
    assert threading.active_count() == before
