"""`trellis purge`: what it says, and that it removes what is due."""

from pathlib import Path
from typing import Any

import asyncpg

from tests.factories import make_tenant
from tests.processes import free_port, trellis

DELETED = """
WITH deleted AS (
    INSERT INTO deletions (organization_id, id, subject_type, subject_ids, deleted_at, purge_at, tasks)
    SELECT $1, gen_random_uuid(), 'Task', ARRAY[$2::uuid], now(), now(), 1 RETURNING id
)
UPDATE tasks SET deleted_at = now(), deletion_id = deleted.id FROM deleted WHERE tasks.id = $2
"""


async def test_it_says_how_much_is_gone(tmp_path: Path, new_database: Any) -> None:
    database = await new_database()
    superuser = await asyncpg.connect(database.superuser_url)
    tenant = await make_tenant(superuser, tasks=2)
    await superuser.execute(DELETED, tenant.id, tenant.tasks[0])

    said = [trellis(tmp_path, "purge", TRELLIS_DATABASE_URL=database.runtime_url) for _ in range(2)]

    assert [(one.returncode, one.stdout, one.stderr) for one in said] == [
        (0, "Purged 1 tasks.\n", ""),
        (0, "Nothing is past its time.\n", ""),
    ]
    assert [row["id"] for row in await superuser.fetch("SELECT id FROM tasks")] == [tenant.tasks[1]]
    await superuser.close()


async def test_a_database_without_tables_is_to_be_migrated(tmp_path: Path, new_database: Any) -> None:
    database = await new_database(migrated=False)
    refused = trellis(tmp_path, "purge", TRELLIS_DATABASE_URL=database.runtime_url)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "The database lacks Trellis's tables: run `trellis migrate` first\n"


def test_an_unreachable_database_is_one_line(tmp_path: Path) -> None:
    url = f"postgresql://trellis:hidden@127.0.0.1:{free_port()}/trellis"
    refused = trellis(tmp_path, "purge", TRELLIS_DATABASE_URL=url)

    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert "hidden" not in refused.stderr
