"""The `trellis` command as a person runs it: real processes, real signals, real sockets."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE
from typing import Any

import httpx
import jwt
import pytest

from app.commands.serve import production_settings
from app.schema import schema

ROOT = Path(__file__).parents[1]
TRELLIS = [sys.executable, "-c", "from app.cli import main; main()"]
SECRET = "a secret of thirty-two bytes or more"
VIEWER = {"query": "{ viewer { user { id email } } }"}
INTROSPECTION = {"query": "{ __schema { queryType { name } } }"}


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


def trellis(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [*TRELLIS, *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment(**variables), capture_output=True, text=True, timeout=60, check=False
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
            process.terminate()
            process.wait(timeout=60)


def until_ready(process: subprocess.Popen[str]) -> Running:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if match := re.search(r"(http://\S+/graphql)\n(?s:.*)Bearer (\S+)\n", said):
            return Running(process, match[1], match[2])
    pytest.fail(f"trellis dev ended before it was ready: {said}")


@contextmanager
def serve(folder: Path, *arguments: str, **variables: str) -> Iterator[str]:
    """`trellis serve` when it answers."""
    port = free_port()
    command = [*TRELLIS, "serve", "--port", str(port), *arguments]
    with subprocess.Popen(command, cwd=folder, env=environment(**variables), stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=60)


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


def test_dev_from_nothing_answers_the_owner_with_the_token_it_prints(data_directory: Path) -> None:
    with dev(data_directory) as server:
        answer = server.ask(VIEWER)

        assert answer["data"]["viewer"]["user"]["email"] == "owner@example.com"
        assert server.ask(INTROSPECTION) == {"data": {"__schema": {"queryType": {"name": "Query"}}}}
        assert httpx.get(server.address, headers={"Accept": "text/html"}).status_code == 200
        assert "server" not in httpx.get(server.address).headers


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


@pytest.mark.parametrize("verb", ["dev", "migrate"])
def test_half_of_the_database_settings_is_refused(tmp_path: Path, verb: str) -> None:
    refused = trellis(tmp_path, verb, TRELLIS_DATABASE_URL="postgresql://trellis@/trellis")

    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == (
        "TRELLIS_DATABASE_URL is set and TRELLIS_DATABASE_OWNER_URL is not: "
        "set both, or neither to use the embedded PostgreSQL\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_the_secret_is_readable_by_its_owner_only_and_stays(data_directory: Path) -> None:
    path = data_directory / "data" / "secret"
    with dev(data_directory):
        secret = path.read_text()
        assert re.fullmatch("[0-9a-f]{64}", secret)
        assert path.stat().st_mode & 0o777 == 0o600

    with dev(data_directory):
        assert path.read_text() == secret


def test_token_prints_a_token_that_dev_accepts_and_nothing_else(data_directory: Path) -> None:
    with dev(data_directory) as server:
        printed = trellis(data_directory, "token", "ada@example.com", "--data", "data", "--ttl", "90s")

        assert (printed.returncode, printed.stderr) == (0, "")
        token = printed.stdout.removesuffix("\n")
        ada = Running(server.process, server.address, token)
        assert ada.ask(VIEWER)["data"]["viewer"]["user"]["email"] == "ada@example.com"
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["sub"], claims["exp"] - claims["iat"]) == ("ada@example.com", 90)


@pytest.mark.parametrize(("ttl", "seconds"), [("45", 45), ("15m", 900), ("12h", 43_200), ("30d", 2_592_000)])
def test_token_lasts_as_long_as_asked(tmp_path: Path, ttl: str, seconds: int) -> None:
    printed = trellis(tmp_path, "token", "ada@example.com", "--ttl", ttl, TRELLIS_JWT_SECRET=SECRET)

    claims = jwt.decode(printed.stdout.strip(), options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == seconds


@pytest.mark.parametrize("arguments", [["ada@example.com", "--ttl", "0"], ["ada@example.com", "--ttl", "1y"], ["ada"]])
def test_token_refuses_what_is_no_duration_or_no_address(tmp_path: Path, arguments: list[str]) -> None:
    refused = trellis(tmp_path, "token", *arguments, TRELLIS_JWT_SECRET=SECRET)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert "is no duration" in refused.stderr or "is no e-mail address" in refused.stderr


def test_token_without_a_secret_says_where_one_comes_from(tmp_path: Path) -> None:
    refused = trellis(tmp_path, "token", "ada@example.com")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        "There is no secret in .trellis: run `trellis dev` first, name its directory with --data, "
        "or set TRELLIS_JWT_SECRET\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_serve_names_each_thing_that_is_missing(tmp_path: Path) -> None:
    refused = trellis(tmp_path, "serve")

    assert (refused.returncode, refused.stdout) == (2, "")
    assert [line.partition(" ")[2].split(":")[0].split(" ")[0] for line in refused.stderr.splitlines()] == [
        "TRELLIS_DATABASE_URL",
        "TRELLIS_JWT_SECRET",
    ]


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        ("0dec0de0" + "00" * 28, "is a development secret of `trellis dev`"),
        ("short", "needs at least 32 bytes"),
        (
            "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----",
            "public or private key",
        ),
    ],
)
def test_serve_refuses_a_secret_that_is_none(tmp_path: Path, secret: str, reason: str) -> None:
    variables = {"TRELLIS_DATABASE_URL": "postgresql://trellis@/trellis", "TRELLIS_JWT_SECRET": secret}
    refused = trellis(tmp_path, "serve", **variables)

    assert refused.returncode in {1, 2}
    assert refused.stdout == ""
    assert reason in refused.stderr
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize("workers", ["1", "2"])
def test_serve_answers_programs_and_has_no_page(tmp_path: Path, database: Any, workers: str) -> None:
    variables = {"TRELLIS_DATABASE_URL": database.runtime_url, "TRELLIS_JWT_SECRET": SECRET}
    token = trellis(tmp_path, "token", "ada@example.com", **variables).stdout.strip()

    with serve(tmp_path, "--workers", workers, **variables) as address:
        headers = {"Authorization": f"Bearer {token}"}
        viewer = httpx.post(f"{address}/graphql", json=VIEWER, headers=headers)
        page = httpx.get(f"{address}/graphql", headers={"Accept": "text/html"})

    assert viewer.json()["data"]["viewer"]["user"]["email"] == "ada@example.com"
    assert "server" not in viewer.headers
    assert "text/html" not in page.headers.get("content-type", "")


@pytest.mark.parametrize(("variable", "introspection"), [({}, False), ({"TRELLIS_INTROSPECTION": "true"}, True)])
def test_serve_shows_the_schema_only_when_told_to(
    monkeypatch: pytest.MonkeyPatch, variable: dict[str, str], introspection: bool
) -> None:
    variables = {"TRELLIS_DATABASE_URL": "postgresql://trellis@/trellis", "TRELLIS_JWT_SECRET": SECRET} | variable
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert production_settings().introspection is introspection


def test_migrate_without_settings_makes_the_embedded_database(data_directory: Path) -> None:
    for _ in range(2):
        migrated = trellis(data_directory, "migrate")

        assert (migrated.returncode, migrated.stdout, migrated.stderr) == (
            0,
            "The database has the newest tables.\n",
            "",
        )
    assert (data_directory / ".trellis" / "postgres" / "PG_VERSION").read_text() == "18\n"


def test_an_unreachable_database_is_one_line(tmp_path: Path) -> None:
    url = f"postgresql://somebody:hidden@127.0.0.1:{free_port()}/trellis"
    refused = trellis(
        tmp_path, "migrate", TRELLIS_DATABASE_OWNER_URL=url, TRELLIS_DATABASE_URL="postgresql://t@/trellis"
    )

    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert "check TRELLIS_DATABASE_OWNER_URL" in refused.stderr
    assert "hidden" not in refused.stderr


def test_schema_prints_the_schema(tmp_path: Path) -> None:
    printed = trellis(tmp_path, "schema")

    assert (printed.returncode, printed.stdout, printed.stderr) == (0, schema.as_str() + "\n", "")
