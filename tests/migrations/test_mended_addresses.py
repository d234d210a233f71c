"""What a database from before gets when addresses begin to be compared by ASCII case alone."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
from alembic import command

from app.db.columns import new_id
from app.migrations.migrate import alembic_config, migrate
from tests.migrations.test_migrate import in_thread

PERSON = """
INSERT INTO users (id, subject, email, owns_email, name, created_at, updated_at)
VALUES ($1, $2, $3, true, 'Ada', now(), now())
"""


# A guest with a task, who has never signed in.
TEAMWORK = """
INSERT INTO organizations (id, name, slug, created_at, updated_at)
VALUES ('{organization}', 'Acme', 'acme', now(), now());
INSERT INTO organization_members (organization_id, id, user_id, role, created_at, updated_at)
VALUES ('{organization}', '{guest}', '{guest}', 'MEMBER', now(), now());
INSERT INTO teams (organization_id, id, key, name, last_number, created_at, updated_at)
VALUES ('{organization}', '{guest}', 'ENG', 'Engineering', 1, now(), now());
INSERT INTO team_members (organization_id, id, team_id, organization_member_id, role, created_at, updated_at)
VALUES ('{organization}', '{guest}', '{guest}', '{guest}', 'MEMBER', now(), now());
INSERT INTO tasks (organization_id, id, team_id, assignee_id, number, title, status, priority, tags, created_at,
                   updated_at)
VALUES ('{organization}', '{guest}', '{guest}', '{guest}', 1, 'Their task', 'TODO', 'NONE', '{{}}', now(), now());
"""
WORK = """
SELECT array_agg((users.email, members.role, team_members.role, title)) FROM users
JOIN organization_members AS members ON user_id = users.id AND members.deleted_at IS NULL
JOIN team_members ON organization_member_id = members.id AND team_members.deleted_at IS NULL
JOIN tasks ON assignee_id = team_members.id
"""


PEOPLE = "SELECT * FROM users WHERE email IS NOT NULL"  # not whom those who were erased are shown as


async def test_people_keep_their_addresses_and_their_memberships(
    new_database: Callable[..., Awaitable[Any]],
) -> None:
    made = await new_database()
    await asyncio.to_thread(command.downgrade, alembic_config(made.owner_url), "2026_11_29_kept_answers")
    superuser = await asyncpg.connect(made.superuser_url)
    await superuser.execute("DROP INDEX uq_users_email")  # as a Turkish locale has it: VIC and vic are two there
    ids = {
        email: new_id() for email in ("VIC@mix.example", "vic@mix.example", "ada@m\u00fcnchen.example", "a@m\u0130x.de")
    }
    for email, user_id in ids.items():
        await superuser.execute(PERSON, user_id, None if email.startswith("VIC") else email, email)

    await superuser.execute(TEAMWORK.format(organization=new_id(), guest=ids["VIC@mix.example"]))

    await in_thread(migrate, made.owner_url, made.runtime_url)

    assert await superuser.fetchval(WORK) == [("VIC@mix.example", "MEMBER", "MEMBER", "Their task")]
    kept = {row["id"]: (row["email"], row["owns_email"]) for row in await superuser.fetch(PEOPLE)}
    assert kept == {
        ids["VIC@mix.example"]: ("VIC@mix.example", False),
        ids["vic@mix.example"]: ("vic@mix.example", True),
        ids["ada@m\u00fcnchen.example"]: ("ada@xn--mnchen-3ya.example", True),
        ids["a@m\u0130x.de"]: ("a@m\u0130x.de", True),
    }
    await superuser.close()
