"""Migrations: there and back, by several servers at once, and never for a role that gets around row-level security."""

import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from app.migrations.fingerprint import EXPECTED, things, write
from app.migrations.migrate import (
    DatabaseUnreachable,
    ExtensionMissing,
    OwnerLacksPrivilege,
    RolesNotSeparate,
    migrate,
)

NewDatabase = Callable[..., Awaitable[Any]]
ROOT = Path(__file__).parents[2]
TABLES = """
SELECT array_agg(relname::text ORDER BY relname) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname NOT LIKE 'alembic%'
"""
OBJECTS = """
SELECT array_agg(line ORDER BY line) FROM (
    SELECT format('%s.%s %s', attrelid::regclass, attname, format_type(atttypid, atttypmod)) FROM pg_attribute
    JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
    UNION ALL SELECT format('%s: %s', conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint
    UNION ALL SELECT polname || ' on ' || polrelid::regclass FROM pg_policy
    UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND proowner = 'trellis_owner'::regrole
) AS all_of_them (line)
"""


async def fetch(url: str, query: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def alembic(owner_url: str, *arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "alembic", "--config", str(ROOT / "alembic.ini"), *arguments],
        cwd=folder,
        env=os.environ | {"TRELLIS_DATABASE_OWNER_URL": owner_url},
        capture_output=True,
        text=True,
        check=False,
    )


async def test_models_and_migrations_agree(database: Any) -> None:
    checked = alembic(database.owner_url, "check")

    assert checked.returncode == 0, checked.stdout + checked.stderr


async def test_a_new_database_is_what_the_package_says(database: Any) -> None:
    connection = await asyncpg.connect(database.runtime_url)
    try:
        assert write(await things(connection)) == EXPECTED.read_text(), "run `make schema`"
    finally:
        await connection.close()


async def test_upgrade_downgrade_upgrade_ends_where_it_began(new_database: NewDatabase) -> None:
    made = await new_database()
    before = await fetch(made.owner_url, OBJECTS)

    down = alembic(made.owner_url, "downgrade", "base")
    empty = await fetch(made.owner_url, TABLES)
    up = alembic(made.owner_url, "upgrade", "head")

    assert (down.returncode, up.returncode) == (0, 0), down.stderr + up.stderr
    assert empty is None
    assert await fetch(made.owner_url, OBJECTS) == before


async def test_an_empty_database_gets_all_tables_and_the_server_its_rights(new_database: NewDatabase) -> None:
    made = await new_database(migrated=False)

    await in_thread(migrate, made.owner_url, made.runtime_url)

    assert "tasks" in await fetch(made.owner_url, TABLES)
    assert await fetch(made.runtime_url, "SELECT count(*) FROM tasks") == 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await fetch(made.runtime_url, "DROP TABLE tasks")


async def test_an_owner_who_is_a_superuser_brings_the_extension(new_database: NewDatabase) -> None:
    made = await new_database(migrated=False)
    await fetch(made.superuser_url, "DROP EXTENSION vector")

    await in_thread(migrate, made.superuser_url, made.runtime_url)

    assert await fetch(made.runtime_url, "SELECT count(*) FROM tasks") == 0


async def test_an_owner_who_may_not_bring_the_extension_is_told_who_may(new_database: NewDatabase) -> None:
    made = await new_database(migrated=False)
    await fetch(made.superuser_url, "DROP EXTENSION vector")

    with pytest.raises(ExtensionMissing, match="let one run `CREATE EXTENSION vector` in it"):
        await in_thread(migrate, made.owner_url, made.runtime_url)

    assert await fetch(made.owner_url, TABLES) is None


async def test_postgresql_without_the_extension_is_told_so(
    new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await new_database(migrated=False)
    monkeypatch.setattr("app.migrations.migrate.EXTENSION", "nothing_like_it")

    with pytest.raises(ExtensionMissing, match="PostgreSQL has no extension nothing_like_it"):
        await in_thread(migrate, made.superuser_url, made.runtime_url)

    assert await fetch(made.owner_url, TABLES) is None


async def test_servers_that_start_together_migrate_once(new_database: NewDatabase) -> None:
    made = await new_database(migrated=False)
    script = "import sys; from app.migrations.migrate import migrate; migrate(*sys.argv[1:])"
    command = [sys.executable, "-c", script, made.owner_url, made.runtime_url]

    with ThreadPoolExecutor(3) as pool:
        servers = [pool.submit(subprocess.run, command, cwd=ROOT, check=True, timeout=60) for _ in range(3)]

    assert [server.exception() for server in servers] == [None, None, None]
    assert await fetch(made.runtime_url, "SELECT count(*) FROM tasks") == 0


async def test_whoever_holds_a_snapshot_keeps_no_migration_from_its_end(new_database: NewDatabase) -> None:
    made = await new_database(migrated=False)
    backup = await asyncpg.connect(made.superuser_url)
    try:
        await backup.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class")

        await in_thread(migrate, made.owner_url, made.runtime_url)
    finally:
        await backup.close()

    assert await fetch(made.runtime_url, "SELECT count(*) FROM tasks") == 0
    assert await fetch(made.owner_url, "SELECT count(*) FROM pg_index WHERE NOT indisvalid") == 0


def as_another(url: str, login: str) -> str:
    """The URL with the name, and password, of another role than the one in it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc.rpartition('@')[2]}"))


async def test_a_missing_login_role_is_made_with_its_password(new_database: NewDatabase) -> None:
    made = await new_database()
    role = f"server_of_{made.name}"
    runtime_url = as_another(made.runtime_url, f"{role}:it%27s%20100%25")
    try:
        await in_thread(migrate, made.owner_url, runtime_url)

        attributes = await fetch(
            made.superuser_url,
            f"SELECT ARRAY[rolcanlogin, rolbypassrls, rolsuper, rolcreaterole] FROM pg_roles WHERE rolname = '{role}'",
        )
        assert attributes == [True, False, False, False]
        assert await fetch(
            made.superuser_url, f"SELECT rolpassword LIKE 'SCRAM%' FROM pg_authid WHERE rolname = '{role}'"
        )
        assert await fetch(runtime_url, "SELECT count(*) FROM tasks") == 0
    finally:
        await fetch(made.superuser_url, f"DROP ROLE IF EXISTS {role}")


async def test_owner_and_server_as_one_role_are_refused(new_database: NewDatabase) -> None:
    made = await new_database(migrated=False)

    with pytest.raises(RolesNotSeparate, match="both name the role trellis_owner"):
        await in_thread(migrate, made.owner_url, made.owner_url)

    assert await fetch(made.owner_url, TABLES) is None


async def test_a_superuser_as_the_server_is_refused(new_database: NewDatabase) -> None:
    made = await new_database(migrated=False)

    with pytest.raises(RolesNotSeparate, match="The role postgres of TRELLIS_DATABASE_URL gets around"):
        await in_thread(migrate, made.owner_url, made.superuser_url)

    assert await fetch(made.owner_url, TABLES) is None


async def test_an_owner_that_owns_nothing_is_told_so(new_database: NewDatabase) -> None:
    made = await new_database()

    with pytest.raises(OwnerLacksPrivilege, match="ALTER ROLE trellis CREATEROLE"):
        await in_thread(migrate, made.runtime_url, as_another(made.runtime_url, "nobody_yet"))

    assert await fetch(made.superuser_url, "SELECT to_regrole('nobody_yet')") is None


async def test_an_unreachable_database_is_named_without_its_password(data_directory: Path) -> None:
    url = f"postgresql://somebody:secret@/trellis?host={data_directory}"

    with pytest.raises(DatabaseUnreachable, match="check TRELLIS_DATABASE_OWNER_URL") as refused:
        await in_thread(migrate, url, "postgresql://trellis@/trellis")

    assert "secret" not in str(refused.value)


async def in_thread(function: Callable[..., None], *arguments: str) -> None:
    """`migrate` runs a loop of its own, as the command line has none."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(function, *arguments).result()
