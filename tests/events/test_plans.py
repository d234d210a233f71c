"""A page of the log reads about what it gives, though all that it is asked for happened long ago."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from asyncpg.connection import LoggedQuery
from pydantic import SecretStr

from app.config import Settings
from tests.api import SECRET, Api, serving
from tests.explain import explain
from tests.factories import Tenant, make_tenant

# Of 20,000 events the first 200 are other than the rest in everything.
EVENTS = """
INSERT INTO events (organization_id, id, sequence, type, subject_type, subject_id, actor_id, changes, created_at)
SELECT $1, gen_random_uuid(), n, CASE WHEN n <= 200 THEN 'DELETED' ELSE 'UPDATED' END,
       CASE WHEN n <= 200 THEN 'Team' ELSE 'Task' END, CASE WHEN n <= 200 THEN $2::uuid ELSE $3::uuid END,
       CASE WHEN n <= 200 THEN $4::uuid ELSE $5::uuid END, '{}', timestamptz '2026-01-01Z' + n * interval '1 minute'
FROM generate_series(1, 20000) AS n
"""
PAGE, FACTOR = 20, 3
FILTERS = {
    "type": "{type: {eq: DELETED}}",
    "subject type": '{subjectType: {eq: "Team"}}',
    "subject": '{subjectId: {eq: "$team"}}',
    "actor": '{actorId: {eq: "$actor"}}',
    "until": '{until: "2026-01-01T03:00:00Z"}',
    "since": '{since: "2026-01-01T00:00:00Z"}',
    "a month": '{since: "2026-01-01T01:00:00Z", until: "2026-01-01T03:00:00Z"}',
}


@pytest.fixture
async def old(new_database: Callable[..., Awaitable[Any]]) -> AsyncIterator[tuple[Api, Tenant]]:
    """The application over a database that holds such a log."""
    made = await new_database()
    superuser = await asyncpg.connect(made.superuser_url)
    tenant = await make_tenant(superuser, members=2)
    await superuser.execute(EVENTS, tenant.id, tenant.teams[0], tenant.tasks[0], tenant.users[1], tenant.users[0])
    await superuser.execute("VACUUM ANALYZE")
    await superuser.close()
    settings = Settings(database_url=made.runtime_url, jwt_secret=SecretStr(SECRET), pool_size=1)
    async with serving(settings) as api:
        yield api, tenant


@pytest.mark.parametrize("condition", FILTERS.values(), ids=FILTERS)
async def test_a_filter_finds_what_is_old_as_fast_as_what_is_new(old: tuple[Api, Tenant], condition: str) -> None:
    api, tenant = old
    condition = condition.replace("$team", str(tenant.teams[0])).replace("$actor", str(tenant.users[1]))
    query = "query ($slug: String!) { organization(by: {slug: $slug}) { events(filter: FILTER) { nodes { type } } } }"
    sent: list[LoggedQuery] = []
    connection = await api.database.acquire()
    connection.add_query_logger(sent.append)
    api.database.release(connection)

    data = await api.data(query.replace("FILTER", condition), who=tenant.owner, slug=tenant.slug)

    assert len(data["organization"]["events"]["nodes"]) == PAGE
    begin, page = (next(one for one in reversed(sent) if text in one.query) for text in ("BEGIN", "FROM events"))
    connection = await api.database.acquire()
    await connection.execute(begin.query)
    try:
        cost = await explain(connection, page.query, page.args)
    finally:
        await connection.execute("ROLLBACK")
        api.database.release(connection)
    assert cost.read <= FACTOR * (PAGE + 1), cost.plan
    assert cost.scanned == ()
