"""What `trellis dev` shows first."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import asyncpg

from app.db.columns import now
from app.demo.first import TASKS, load_first_demo
from app.formats.record import Reject
from app.importer.plan import survey
from app.importer.task_file import TaskFile
from tests.conftest import Database
from tests.importer.importing import TABLES


async def test_the_people_have_their_roles_and_a_token_by_their_address(
    new_database: Callable[..., Awaitable[Database]],
) -> None:
    database = await new_database()

    await load_first_demo(database.runtime_url)

    connection = await asyncpg.connect(database.superuser_url)
    roles = await connection.fetch(
        """
        SELECT slug, users.email, organization_members.role,
               string_agg(key || ' ' || team_members.role, ', ' ORDER BY key)
        FROM users JOIN organization_members ON user_id = users.id
        JOIN organizations ON organizations.id = organization_members.organization_id
        JOIN team_members ON organization_member_id = organization_members.id JOIN teams ON teams.id = team_id
        WHERE subject = email GROUP BY 1, 2, 3 ORDER BY 1, 2
        """
    )
    assert [tuple(row) for row in roles] == [
        ("acme", "admin@example.com", "ADMIN", "DES ADMIN, ENG ADMIN, GTM ADMIN, OPS ADMIN"),
        ("acme", "member@example.com", "MEMBER", "DES MEMBER, ENG MEMBER, OPS MEMBER"),
        ("acme", "owner@example.com", "OWNER", "DES ADMIN, ENG ADMIN, GTM ADMIN, OPS ADMIN"),
        ("acme", "viewer@example.com", "MEMBER", "DES VIEWER, ENG VIEWER, GTM VIEWER"),
        ("globex", "stranger@example.com", "OWNER", "RND ADMIN"),
    ]
    counts = (
        "SELECT slug, count(*) FROM tasks JOIN organizations o ON o.id = organization_id GROUP BY slug ORDER BY slug"
    )
    assert [tuple(row) for row in await connection.fetch(counts)] == [("acme", 105), ("globex", 7)]
    due = await connection.fetch("SELECT due_date FROM tasks WHERE due_date IS NOT NULL")
    assert all(abs(row["due_date"] - now().date()) < timedelta(days=45) for row in due)
    await connection.close()


async def test_it_is_loaded_once_even_when_people_have_deleted_it(
    new_database: Callable[..., Awaitable[Database]],
) -> None:
    database = await new_database()
    await load_first_demo(database.runtime_url)
    connection = await asyncpg.connect(database.superuser_url)
    await connection.execute("UPDATE organizations SET deleted_at = now()")
    await connection.execute("UPDATE organization_members SET deleted_at = now()")
    before = [await connection.fetch(f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES]

    await load_first_demo(database.runtime_url)

    assert [await connection.fetch(f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES] == before
    await connection.close()


def test_no_line_of_it_is_rejected_and_no_title_comes_twice() -> None:
    rejects: list[Reject] = []
    plan = survey(TaskFile(TASKS), rejects.append)

    assert (plan.rows, rejects) == (112, [])
    assert len({row.title for row in TaskFile(TASKS).rows()}) == 112
