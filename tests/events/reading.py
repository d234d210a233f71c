"""An organization's log, as a client reads it, and one to be read."""

from typing import Any

import asyncpg

from tests.api import Api
from tests.factories import Tenant

LOG = """query ($slug: String!, $filter: EventFilter, $first: Int, $after: String, $last: Int, $before: String) {
    organization(by: {slug: $slug}) {
        events(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
            totalCount edges { cursor } nodes { SELECTION } pageInfo { hasNextPage hasPreviousPage endCursor }
        }
    }
}"""


async def log(api: Api, tenant: Tenant, selection: str = "sequence", **arguments: Any) -> dict[str, Any]:
    """The connection `Organization.events`."""
    data = await api.data(LOG.replace("SELECTION", selection), who=tenant.owner, slug=tenant.slug, **arguments)
    connection: dict[str, Any] = data["organization"]["events"]
    return connection


async def sequences(api: Api, tenant: Tenant, **arguments: Any) -> list[int]:
    return [event["sequence"] for event in (await log(api, tenant, **arguments))["nodes"]]


async def make_log(superuser: "asyncpg.Connection[Any]", tenant: Tenant, *days: int) -> None:
    """An event for each day of 2026's January, with types, types of subjects and actors in turns."""
    await superuser.executemany(
        """INSERT INTO events (organization_id, id, sequence, type, subject_type, subject_id, actor_id, changes,
                               created_at)
           VALUES ($1, gen_random_uuid(), $2, $3, $4, $5, $6, '{}', $7::text::timestamptz)""",
        [
            (
                tenant.id,
                place,
                ("CREATED", "UPDATED")[place % 2],
                ("Task", "Team", "Task")[place % 3],
                (tenant.tasks[0], tenant.teams[0], tenant.tasks[1])[place % 3],
                (tenant.users[0], tenant.users[1], None)[place % 3],
                f"2026-01-{day:02}T12:00:00Z",
            )
            for place, day in enumerate(days, 1)
        ],
    )
