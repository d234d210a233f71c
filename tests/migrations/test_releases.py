"""What earlier checkouts have made, with data in it, becomes what a new database is, and works."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import asyncpg
import pytest
from pydantic import SecretStr

from app.config import Settings
from app.migrations.fingerprint import expected, things
from app.migrations.migrate import migrate
from tests.api import GRAPHQL, SECRET, Api, serving
from tests.conftest import Database
from tests.migrations.releases.restore import RELEASES, restore, schema
from tests.migrations.test_migrate import alembic, in_thread

NewDatabase: TypeAlias = Callable[..., Awaitable[Database]]
ADA = "ada@example.com"
FIND = """
query ($in: ID!) { searchTasks(organizationId: $in, query: "elevators", mode: FULL_TEXT) {
  nodes { key title creator { email } }
} }
"""
CREATE = 'mutation ($in: ID!) { createTask(input: {teamId: $in, title: "Grease the hinges"}) { task { key } } }'
HOME = '{ organization(by: {slug: "acme"}) { id teams { nodes { id } } } }'
UNTRACED = """
SELECT (SELECT count(*) FROM tasks WHERE id NOT IN (SELECT subject_id FROM search_texts))
     + (SELECT count(*) FROM search_texts WHERE subject_id NOT IN (SELECT subject_id FROM embeddings)
        AND subject_id NOT IN (SELECT subject_id FROM embedding_jobs))
"""


@pytest.fixture(params=RELEASES)
async def migrated(request: pytest.FixtureRequest, new_database: NewDatabase) -> Database:
    """A database with what the release's people had, brought up to date."""
    made = await new_database(migrated=False)
    restore(request.param, made.superuser_url)
    await in_thread(migrate, made.owner_url, made.runtime_url)
    return made


async def test_a_release_is_migrated_to_what_a_new_database_is(migrated: Database, database: Database) -> None:
    assert schema(migrated.superuser_url) == schema(database.superuser_url)


async def test_the_things_of_a_database_are_those_that_the_package_names(migrated: Database) -> None:
    connection = await asyncpg.connect(migrated.runtime_url)
    try:
        found = await things(connection)
    finally:
        await connection.close()

    assert found == expected(), "run `make schema`"


async def test_a_database_of_the_first_release_is_compared_while_others_write(new_database: NewDatabase) -> None:
    made = await new_database(migrated=False)
    restore("0.1.0", made.superuser_url)
    writer = await asyncpg.connect(made.superuser_url)
    tables = await writer.fetchval("SELECT string_agg(tablename, ', ') FROM pg_tables WHERE schemaname = 'public'")
    others = ", ".join(name for name in tables.split(", ") if name != "alembic_version")
    await writer.execute(f"BEGIN; LOCK TABLE {others} IN ROW EXCLUSIVE MODE")

    compared = await asyncio.to_thread(alembic, made.owner_url, "upgrade", "2026_11_29_mending")
    await writer.close()

    assert compared.returncode == 0, compared.stderr


async def test_whoever_used_a_release_finds_their_work_and_goes_on(migrated: Database) -> None:
    untraced = await _fetch(migrated, UNTRACED)
    async with serving(Settings(database_url=migrated.runtime_url, jwt_secret=SecretStr(SECRET))) as api:
        home = (await api.data(HOME, who=ADA))["organization"]
        found = await api.data(FIND, who=ADA, **{"in": home["id"]})
        first, again = [await _create(api, home["teams"]["nodes"][0]["id"]) for _ in range(2)]
        stranger = await api.data(HOME, who="new@example.com")

    assert untraced == 0
    assert found["searchTasks"]["nodes"] == [
        {"key": "ENG-1", "title": "Repair the elevator", "creator": {"email": ADA}}
    ]
    assert first == again == {"data": {"createTask": {"task": {"key": "ENG-4"}}}}
    assert stranger == {"organization": None}


async def _create(api: Api, team_id: str) -> Any:
    headers = api.headers(ADA) | {"Idempotency-Key": "hinges"}
    body = {"query": CREATE, "variables": {"in": team_id}}
    return (await api.http.post(GRAPHQL, json=body, headers=headers)).json()


async def _fetch(made: Database, query: str) -> Any:
    connection = await asyncpg.connect(made.superuser_url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()
