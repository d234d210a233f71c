"""The PostgreSQL that comes along: its roles, its files, and any path that they may be in."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.postgres import embedded
from app.postgres.server import Addresses, Postgres, PostgresDidNotStart


async def fetch(url: str, query: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


@contextmanager
def bystanding() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


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


async def test_a_process_id_that_is_somebody_elses_by_now_is_left_alone(data_directory: Path) -> None:
    with embedded.run(data_directory, durable=False):
        status = (data_directory / "postgres" / "postmaster.pid").read_text()
    with bystanding() as bystander:
        (data_directory / "postgres" / "postmaster.pid").write_text(re.sub(r"^\d+", str(bystander.pid), status))

        with embedded.run(data_directory, durable=False) as addresses:
            assert await fetch(addresses.runtime_url, "SELECT 1") == 1

        assert bystander.poll() is None


def test_files_of_another_version_are_refused_with_postgres_own_words(data_directory: Path) -> None:
    with embedded.run(data_directory, durable=False):
        pass
    (data_directory / "postgres" / "PG_VERSION").write_text("12\n")

    refusal = r"initialized by PostgreSQL version 12.*postgres\.log"
    with pytest.raises(PostgresDidNotStart, match=refusal), embedded.run(data_directory, durable=False):
        pytest.fail("it must not start")
