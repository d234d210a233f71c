"""What a database from before gets when addresses begin to be compared by ASCII case alone."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
from alembic import command

from app.db.columns import new_id
from app.db.migrate import alembic_config, migrate
from tests.db.test_migrate import in_thread

PERSON = """
INSERT INTO users (id, subject, email, owns_email, name, created_at, updated_at)
VALUES ($1, $2, $3, true, 'Ada', now(), now())
"""


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

    await in_thread(migrate, made.owner_url, made.runtime_url)

    kept = {row["id"]: (row["email"], row["owns_email"]) for row in await superuser.fetch("SELECT * FROM users")}
    assert kept == {
        ids["VIC@mix.example"]: ("VIC@mix.example", False),
        ids["vic@mix.example"]: ("vic@mix.example", True),
        ids["ada@m\u00fcnchen.example"]: ("ada@xn--mnchen-3ya.example", True),
        ids["a@m\u0130x.de"]: ("a@m\u0130x.de", True),
    }
    await superuser.close()
