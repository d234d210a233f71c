"""`trellis dev`: from nothing to an answer, and back to nothing however it ends."""

import re
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.processes import dev, trellis

VIEWER = {"query": "{ viewer { user { id email } } }"}
INTROSPECTION = {"query": "{ __schema { queryType { name } } }"}


def test_dev_from_nothing_answers_the_owner_with_the_token_it_prints(data_directory: Path) -> None:
    with dev(data_directory) as server:
        answer = server.ask(VIEWER)

        assert answer["data"]["viewer"]["user"]["email"] == "owner@example.com"
        assert server.ask(INTROSPECTION) == {"data": {"__schema": {"queryType": {"name": "Query"}}}}
        assert httpx.get(server.address, headers={"Accept": "text/html"}).status_code == 200
        assert "server" not in httpx.get(server.address).headers
        page = {"origin": "http://localhost:5173", "access-control-request-method": "POST"}
        assert httpx.options(server.address, headers=page).headers["access-control-allow-origin"] == page["origin"]
        server.process.terminate()
        said, complained = server.process.communicate(timeout=30)

    assert complained == ""
    assert [line.count("status=200") for line in said.splitlines()] == [1, 1, 0]  # a GET without a query is 400


@pytest.mark.parametrize(("signal_number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_ends_everything_quietly(data_directory: Path, signal_number: signal.Signals, status: int) -> None:
    with dev(data_directory) as server:
        server.process.send_signal(signal_number)
        said, complained = server.process.communicate(timeout=30)

    assert (server.process.returncode, said, complained) == (status, "", "")
    assert not (data_directory / "data" / "postgres" / "postmaster.pid").exists()


def test_a_killed_server_recovers_with_its_data(
    data_directory: Path, record_testsuite_property: Callable[[str, float], None]
) -> None:
    with dev(data_directory) as server:
        before = server.ask(VIEWER)
        server.process.kill()
        server.process.wait()

    started = time.monotonic()
    with dev(data_directory) as server:
        seconds = time.monotonic() - started
        assert server.ask(VIEWER) == before

    record_testsuite_property("seconds to start again after kill -9", round(seconds, 2))
    assert seconds < 30  # under 5 on a machine that does nothing else


def test_a_second_dev_on_the_same_data_says_who_uses_it(data_directory: Path) -> None:
    with dev(data_directory) as server:
        second = trellis(data_directory, "dev", "--data", "data", "--port", "0")

        assert (second.returncode, second.stdout) == (1, "")
        assert second.stderr == (
            f"{(data_directory / 'data').resolve()} is in use by process {server.process.pid}: "
            "stop it, or name another directory with --data\n"
        )
        assert server.ask(VIEWER)["data"]["viewer"]["user"]["email"] == "owner@example.com"


def test_a_taken_port_is_one_line_before_anything_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = trellis(tmp_path, "dev", "--port", str(port))

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        f"Cannot listen on 127.0.0.1:{port} (Address already in use): "
        "stop what uses it, or choose another with --host or --port\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_dev_over_a_database_of_its_own_starts_no_other(data_directory: Path, database: Any) -> None:
    urls = {"TRELLIS_DATABASE_URL": database.runtime_url, "TRELLIS_DATABASE_OWNER_URL": database.owner_url}

    with dev(data_directory, **urls) as server:
        assert server.ask(VIEWER)["data"]["viewer"]["user"]["email"] == "owner@example.com"

    assert [path.name for path in (data_directory / "data").iterdir()] == ["secret"]


def test_the_secret_is_readable_by_its_owner_only_and_stays(data_directory: Path) -> None:
    path = data_directory / "data" / "secret"
    with dev(data_directory):
        secret = path.read_text()
        assert re.fullmatch("[0-9a-f]{64}", secret)
        assert path.stat().st_mode & 0o777 == 0o600

    with dev(data_directory):
        assert path.read_text() == secret
