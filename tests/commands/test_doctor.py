"""`trellis doctor`: what is well, what is not, and what to do about it."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic.script import ScriptDirectory

from app.migrations.migrate import alembic_config
from tests.factories import make_tenant
from tests.processes import free_port, trellis

HEAD = ScriptDirectory.from_config(alembic_config("")).get_current_head()
TEXT = """
INSERT INTO search_texts (organization_id, kind, subject_id, content, content_hash)
SELECT organization_id, 'TASK', id, to_tsvector('english', title), 'hash' FROM tasks
"""
PARKED = """
INSERT INTO embedding_jobs (organization_id, kind, subject_id, attempts, parked_at, error)
SELECT organization_id, 'TASK', id, 5, now(), 'the model answers 400' FROM tasks
"""


async def test_a_healthy_server_is_told_so(
    new_database: Any, superuser: "asyncpg.Connection[Any]", tmp_path: Path
) -> None:
    database = await new_database()
    found = await asyncio.to_thread(trellis, tmp_path, "doctor", TRELLIS_DATABASE_URL=database.runtime_url)

    assert (found.returncode, found.stderr) == (0, "")
    lines = found.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["ok"] * 7
    assert lines[0].startswith(f"ok    PostgreSQL {superuser.get_server_version().major}.")
    assert lines[1].startswith("ok    The extension vector 0.8")
    assert lines[2:] == [
        "ok    Texts are sorted as in C.UTF-8, by PostgreSQL",
        "ok    The role trellis is held by row-level security",
        f"ok    The tables are those of {HEAD}",
        "ok    0 texts wait to be embedded",
        "ok    The model wordllama is active and works",
    ]


async def test_what_was_changed_by_hand_is_named(new_database: Any, tmp_path: Path) -> None:
    database = await new_database()
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute("""
        DROP POLICY removable ON tasks;
        ALTER TABLE tasks DROP CONSTRAINT ck_tasks_title_length, ADD CONSTRAINT ck_tasks_title_length CHECK (true);
        CREATE POLICY everybody ON teams FOR SELECT USING (true);
        CREATE INDEX of_my_own ON tasks (estimate);
        GRANT UPDATE ON events TO trellis_runtime;
        ALTER FUNCTION trellis_invite SECURITY INVOKER
    """)
    await owner.close()

    found = await asyncio.to_thread(trellis, tmp_path, "doctor", TRELLIS_DATABASE_URL=database.runtime_url)

    assert (found.returncode, found.stderr) == (1, "")
    wrong = [line.removeprefix("WRONG ") for line in found.stdout.splitlines() if line.startswith("WRONG")]
    assert wrong[0].startswith("5 things are not as `trellis migrate` made them: undo what was changed by hand")
    assert wrong[1:] == [
        "  The constraint tasks.ck_tasks_title_length is another",
        "  The function trellis_invite(new_email text, new_name text) is another",
        "  The policy tasks.removable is missing",
        "  The policy teams.everybody is not Trellis's",
        "  The table events is another",
    ]


async def test_parked_texts_and_a_model_that_is_away_are_shown(new_database: Any, tmp_path: Path) -> None:
    database = await new_database()
    superuser = await asyncpg.connect(database.superuser_url)
    tenant = await make_tenant(superuser)
    await superuser.execute(TEXT)
    await superuser.execute(PARKED)
    await superuser.execute("UPDATE embedding_models SET name = 'openai:test'")
    await superuser.close()
    urls = {
        "TRELLIS_DATABASE_URL": database.runtime_url,
        "TRELLIS_EMBEDDER_URL": f"http://127.0.0.1:{free_port()}",
    }

    found = await asyncio.to_thread(trellis, tmp_path, "doctor", **urls)

    assert (found.returncode, found.stderr) == (1, "")
    wrong = [line for line in found.stdout.splitlines() if line.startswith("WRONG")]
    assert wrong[:2] == [
        "WRONG 1 texts failed; `trellis embed` tries them again:",
        f"WRONG   task {tenant.tasks[0]} of organization {tenant.id}: the model answers 400",
    ]
    assert wrong[2].startswith(
        "WRONG The model openai:test is active and does not work here: openai:test does not answer"
    )
    assert wrong[3:] == [
        "WRONG TRELLIS_EMBEDDER says wordllama, and searches read openai:test: run `trellis embed --switch`"
    ]


async def test_a_text_that_has_waited_for_long_is_shown_though_it_was_just_tried(
    new_database: Any, tmp_path: Path
) -> None:
    database = await new_database()
    superuser = await asyncpg.connect(database.superuser_url)
    await make_tenant(superuser)
    await superuser.execute(TEXT)
    await superuser.execute(PARKED)
    await superuser.execute(
        "UPDATE embedding_jobs SET parked_at = NULL, due_at = now(), waiting_since = '2026-11-22 10:00Z'"
    )
    await superuser.close()

    found = await asyncio.to_thread(trellis, tmp_path, "doctor", TRELLIS_DATABASE_URL=database.runtime_url)

    assert (found.returncode, found.stderr) == (1, "")
    (wrong,) = [line for line in found.stdout.splitlines() if line.startswith("WRONG")]
    assert wrong == (
        "WRONG 1 texts wait to be embedded, some since 2026-11-22 10:00 UTC: is a server running?"
        "; 1 have failed so far, as with: the model answers 400"
    )


async def test_documents_that_could_not_be_cut_are_shown(new_database: Any, tmp_path: Path) -> None:
    database = await new_database()
    superuser = await asyncpg.connect(database.superuser_url)
    first, second = [await make_tenant(superuser, documents=2) for _ in range(2)]
    failed = "UPDATE documents SET status = 'FAILED', processing_error = $2, updated_at = now() WHERE id = $1"
    await superuser.execute(failed, first.documents[0], "too long a line")
    await superuser.execute(failed, second.documents[1], "not to be read")
    await superuser.execute(failed, second.documents[0], "of nobody any more")
    await superuser.execute("UPDATE documents SET deleted_at = now() WHERE id = $1", second.documents[0])
    await superuser.close()

    found = await asyncio.to_thread(trellis, tmp_path, "doctor", TRELLIS_DATABASE_URL=database.runtime_url)

    assert (found.returncode, found.stderr) == (1, "")
    assert [line for line in found.stdout.splitlines() if line.startswith("WRONG")] == [
        "WRONG 2 documents could not be cut; `retryDocument` tries one again:",
        f"WRONG   document {second.documents[1]} of organization {second.id}: not to be read",
        f"WRONG   document {first.documents[0]} of organization {first.id}: too long a line",
    ]


async def test_a_database_without_tables_is_to_be_migrated(new_database: Any, tmp_path: Path) -> None:
    database = await new_database(migrated=False)
    found = await asyncio.to_thread(trellis, tmp_path, "doctor", TRELLIS_DATABASE_URL=database.runtime_url)

    assert found.returncode == 1
    assert found.stdout.splitlines()[-1] == "WRONG There are no tables: run `trellis migrate`"


@pytest.mark.parametrize("role", ["trellis_owner", "postgres"])
async def test_a_role_that_gets_around_row_level_security_is_wrong(
    new_database: Any, tmp_path: Path, role: str
) -> None:
    database = await new_database()
    url = database.addresses.url(role, database.name)
    found = await asyncio.to_thread(trellis, tmp_path, "doctor", TRELLIS_DATABASE_URL=url)

    assert found.returncode == 1
    assert [line for line in found.stdout.splitlines() if line.startswith("WRONG")] == [
        f"WRONG The role {role} gets around row-level security: name one in TRELLIS_DATABASE_URL that owns nothing"
    ]


async def test_a_database_that_is_not_there_is_named(database: Any, tmp_path: Path) -> None:
    url = database.addresses.url("trellis", "nothing")
    found = await asyncio.to_thread(trellis, tmp_path, "doctor", TRELLIS_DATABASE_URL=url)

    assert (found.returncode, found.stderr) == (1, "")
    assert found.stdout == (
        'WRONG The database cannot be reached (database "nothing" does not exist): check TRELLIS_DATABASE_URL\n'
    )


@pytest.mark.parametrize("command", ["doctor", "purge", "embed"])
def test_what_needs_a_database_makes_none(tmp_path: Path, command: str) -> None:
    refused = trellis(tmp_path, command)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        "There is no database in .trellis: run `trellis dev` first, name its directory with --data, or set "
        "TRELLIS_DATABASE_URL\n"
    )
    assert list(tmp_path.iterdir()) == []


async def test_a_misspelt_setting_is_found(new_database: Any, tmp_path: Path) -> None:
    database = await new_database()
    variables = {"TRELLIS_DATABASE_URL": database.runtime_url, "TRELLIS_RATE_LIMITS": "5"}
    found = await asyncio.to_thread(trellis, tmp_path, "doctor", **variables)

    assert found.returncode == 1
    assert [line for line in found.stdout.splitlines() if line.startswith("WRONG")] == [
        "WRONG TRELLIS_RATE_LIMITS is no setting: is TRELLIS_RATE_LIMIT meant?"
    ]


def test_an_unreachable_database_is_one_line(tmp_path: Path) -> None:
    url = f"postgresql://trellis:hidden@127.0.0.1:{free_port()}/trellis"
    found = trellis(tmp_path, "doctor", TRELLIS_DATABASE_URL=url)

    assert (found.returncode, found.stderr, found.stdout.count("\n")) == (1, "", 1)
    assert "hidden" not in found.stdout
