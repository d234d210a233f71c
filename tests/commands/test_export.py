"""`trellis export`: the file that it leaves, and that it leaves none that is not whole."""

import asyncio
import gzip
import json
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.conftest import Database
from tests.factories import Tenant, make_tenant
from tests.processes import TRELLIS, environment, trellis


@pytest.fixture
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    return await make_tenant(superuser, members=3, teams=2, documents=2)


def run(folder: Path, database: Database, *arguments: str) -> tuple[int, str, str]:
    done = trellis(folder, "export", *arguments, TRELLIS_DATABASE_URL=database.runtime_url)
    return done.returncode, done.stdout, done.stderr


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def types_of(text: str) -> list[str]:
    return [json.loads(line)["type"] for line in text.splitlines()]


TYPES = ["export", "organization", *["member"] * 3, *["team"] * 2, *["team_member"] * 6, *["task"] * 6]


async def test_an_organization_becomes_a_file(tmp_path: Path, database: Database, tenant: Tenant) -> None:
    status, said, complained = run(tmp_path, database, "acme.jsonl", "--organization", tenant.slug)

    assert (status, complained) == (0, "")
    assert said.startswith(
        "Wrote acme.jsonl: 1 organization, 3 members, 2 teams, 6 team members, 6 tasks, 2 documents; "
    )
    (path,) = left_in(tmp_path)
    assert types_of(path.read_text()) == [*TYPES, "document", "document", "end"]
    assert path.stat().st_mode & 0o777 == 0o600


async def test_a_name_that_ends_with_gz_makes_a_gzipped_one(tmp_path: Path, database: Database, tenant: Tenant) -> None:
    run(tmp_path, database, "acme.jsonl.gz", "--organization", tenant.slug)

    (path,) = left_in(tmp_path)
    assert types_of(gzip.decompress(path.read_bytes()).decode())[-1] == "end"


async def test_without_a_file_it_goes_to_standard_output(tmp_path: Path, database: Database, tenant: Tenant) -> None:
    status, said, complained = run(tmp_path, database, "--organization", tenant.slug)

    assert (status, complained) == (0, "")
    assert types_of(said)[::3] == [*TYPES, "document", "document", "end"][::3]
    assert left_in(tmp_path) == []


async def test_it_takes_the_place_of_a_former_file_once_it_is_whole(
    tmp_path: Path, database: Database, tenant: Tenant
) -> None:
    (tmp_path / "acme.jsonl").write_text("the former one")

    failed = run(tmp_path, database, "acme.jsonl", "--organization", "nobody")
    former = (tmp_path / "acme.jsonl").read_text()
    run(tmp_path, database, "acme.jsonl", "--organization", tenant.slug)

    assert failed == (
        1,
        "",
        "There is no organization with the slug nobody: look whether it is in the trash\n",
    )
    assert former == "the former one"
    assert types_of((tmp_path / "acme.jsonl").read_text())[-1] == "end"
    assert [path.name for path in left_in(tmp_path)] == ["acme.jsonl"]


async def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path, database: Database, tenant: Tenant) -> None:
    refused = run(tmp_path, database, "nowhere/acme.jsonl", "--organization", tenant.slug)

    assert refused == (
        1,
        "",
        "nowhere/acme.jsonl cannot be written (No such file or directory): name a place with room for it\n",
    )


async def test_a_deleted_organization_is_none(
    tmp_path: Path, database: Database, tenant: Tenant, superuser: "asyncpg.Connection[Any]"
) -> None:
    await superuser.execute("UPDATE organizations SET deleted_at = now() WHERE id = $1", tenant.id)

    assert run(tmp_path, database, "acme.jsonl", "--organization", tenant.slug)[0] == 1
    assert left_in(tmp_path) == []


async def test_whoever_kills_it_finds_no_file_of_the_name(
    tmp_path: Path, database: Database, superuser: "asyncpg.Connection[Any]", tenant: Tenant
) -> None:
    """It is killed while it waits for a table that somebody holds: half of the lines are written."""
    blocker = await asyncpg.connect(database.superuser_url)
    await blocker.execute("BEGIN; LOCK TABLE document_texts")
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    process = await asyncio.create_subprocess_exec(
        *(*TRELLIS, "export", "acme.jsonl", "--organization", tenant.slug),
        cwd=tmp_path,
        env=environment(TRELLIS_DATABASE_URL=database.runtime_url),
    )
    async with asyncio.timeout(60):
        while not await superuser.fetchval(waits):  # noqa: ASYNC110  # PostgreSQL tells nobody
            await asyncio.sleep(0.01)

    process.kill()
    await process.wait()
    await blocker.close()

    (left,) = left_in(tmp_path)
    assert (left.name.startswith("acme.jsonl."), left.suffix) == (True, ".part")
