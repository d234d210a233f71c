"""What a database from before gets when names, tags and sources come to have one spelling."""

import asyncio
import importlib.util
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command

from app.db.columns import new_id
from app.migrations.migrate import alembic_config, migrate
from tests.factories import make_tenant
from tests.migrations.test_migrate import in_thread
from tests.test_spelling import DIFFERENT, SAME

REVISION = Path(__file__).parents[2] / "alembic" / "versions" / "2026_12_01_spelling.py"
LONGER = "\u0958"  # two letters, composed
DOCUMENT = """
INSERT INTO documents (organization_id, id, title, kind, source, size, text_hash, due_at, created_at, updated_at)
VALUES ($1, $2, $3, 'TEXT', $3, 0, repeat('0', 64), now(), now(), now())
"""
KEPT = """
SELECT organizations.name, (SELECT array_agg(name ORDER BY key) FROM teams WHERE organization_id = $1),
       (SELECT array_agg(array_to_string(tags, '|') ORDER BY team_id, number) FROM tasks WHERE organization_id = $1),
       (SELECT array_agg(title || '|' || source) FROM documents WHERE organization_id = $1)
FROM organizations WHERE id = $1
"""


async def test_they_are_composed_and_none_is_in_the_way_of_another(
    new_database: Callable[..., Awaitable[Any]],
) -> None:
    made = await new_database()
    await asyncio.to_thread(command.downgrade, alembic_config(made.owner_url), "2026_12_01_phrases")
    superuser = await asyncpg.connect(made.superuser_url)
    first, second = await make_tenant(superuser, teams=3, tasks=1), await make_tenant(superuser)
    await superuser.execute("UPDATE organizations SET name = 'Bu\u0308ro'")
    names = ["Caf\u00e9", "Cafe\u0301", LONGER * 100]
    for team, name in zip(first.teams, names, strict=True):
        await superuser.execute("UPDATE teams SET name = $2 WHERE id = $1", team, name)
    tags = [["e\u0301", "a", "\u00e9"], ["a"], [LONGER * 50, LONGER * 49]]
    for task, had in zip(first.tasks, tags, strict=True):
        await superuser.execute("UPDATE tasks SET tags = $2, deleted_at = now() WHERE id = $1", task, had)
    await superuser.execute(DOCUMENT, first.id, new_id(), "e\u0301")

    await in_thread(migrate, made.owner_url, made.runtime_url)

    composed = "\u0915\u093c"
    (kept,) = await superuser.fetch(KEPT, first.id)
    assert tuple(kept) == (
        "B\u00fcro",
        ["Caf\u00e9", "Caf\u00e9", composed * 50],
        ["\u00e9|a", "a", composed * 25],
        ["e\u0301|\u00e9"],
    )
    assert await superuser.fetchval("SELECT name FROM organizations WHERE id = $1", second.id) == "B\u00fcro"
    await superuser.close()


async def test_servers_before_18_fold_what_people_write(superuser: "asyncpg.Connection[Any]") -> None:
    """As PostgreSQL 17 does it, which has these collations; 18 does it otherwise, and test_locales.py looks at that."""
    spec = importlib.util.spec_from_file_location("spelling", REVISION)
    assert spec is not None
    assert spec.loader is not None
    revision = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(revision)
    for known in ["pg_c_utf8", "default"], ["C.utf8"]:
        function = (
            revision.folded(17, known)
            .replace("trellis_folded", "pg_temp.folded")
            .replace("CREATE", "CREATE OR REPLACE")
        )
        await superuser.execute(function)
        compare = "SELECT pg_temp.folded($1) = pg_temp.folded($2)"

        assert [pair for pair in SAME if not await superuser.fetchval(compare, *pair)] == []
        assert [pair for pair in DIFFERENT if await superuser.fetchval(compare, *pair)] == []
