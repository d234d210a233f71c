"""Erasing somebody takes what names them, and not what they did: a long history is not read."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

from app.db.columns import new_id
from tests.db.test_identity import JOIN
from tests.factories import Tenant, make_tenant

ORGANIZATIONS, EVENTS = 20, 50_000
HISTORY = """
INSERT INTO events (organization_id, id, sequence, type, subject_type, subject_id, actor_id, changes, created_at)
SELECT $1, gen_random_uuid(), n, 'UPDATED', 'Task', gen_random_uuid(), $2, '{}', now() FROM generate_series(1, $3) AS n
"""
COUNTER = "INSERT INTO event_counters (organization_id, last_sequence) VALUES ($1, $2)"
# Generic plans, as the server has them.
SETTINGS = {"plan_cache_mode": "force_generic_plan", "jit": "off"}


async def test_it_is_not_read(new_database: Callable[..., Awaitable[Any]]) -> None:
    database = await new_database()
    superuser = await asyncpg.connect(database.superuser_url)
    tenant = await make_tenant(superuser, members=2)
    for _ in range(ORGANIZATIONS):
        await superuser.execute(JOIN, (await make_tenant(superuser)).id, new_id(), tenant.users[1], "MEMBER")
    short = await pages(database, tenant)

    await superuser.execute(HISTORY, tenant.id, tenant.users[1], EVENTS)
    await superuser.execute(COUNTER, tenant.id, EVENTS)
    await superuser.execute("VACUUM ANALYZE")
    long = await pages(database, tenant)

    events = await superuser.fetchval("SELECT pg_relation_size('events') / 8192")
    await superuser.close()
    assert events > 800
    for before, after in zip(short, long, strict=True):
        assert after < before + events / 2  # the indexes are a level deeper


async def pages(database: Any, tenant: Tenant) -> list[int]:
    """How many pages it takes to look what goes, and to erase them, which is undone."""
    found = []
    for statement in ("SELECT * FROM trellis_erasure('{0}', NULL)", "SELECT trellis_erase('{0}', NULL, '{0}', NULL)"):
        connection = await asyncpg.connect(database.runtime_url, server_settings=SETTINGS)
        # The first time what is known of the tables is read, too.
        _, plan = [await explained(connection, statement.format(tenant.users[1]), tenant) for _ in range(2)]
        await connection.close()
        found.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
    return found


async def explained(connection: "asyncpg.Connection[Any]", statement: str, tenant: Tenant) -> Any:
    await connection.execute("BEGIN")
    await connection.fetchval("SELECT trellis_identify($1, NULL)", tenant.users[1])
    said = await connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}")
    await connection.execute("ROLLBACK")
    return json.loads(said)[0]["Plan"]
