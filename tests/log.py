"""The log of events, as tests compare it."""

from typing import Any

import asyncpg
import orjson

from tests.factories import Tenant

EVENTS = """
SELECT type, subject_type, subject_id, actor_id, changes FROM events WHERE organization_id = $1 ORDER BY sequence
"""


async def events_of(superuser: "asyncpg.Connection[Any]", tenant: Tenant) -> list[dict[str, Any]]:
    """What happened in an organization, in order; `changes` as a dict: field → [before, after]."""
    rows = await superuser.fetch(EVENTS, tenant.id)
    return [{**row, "changes": _pairs(orjson.loads(row["changes"]))} for row in rows]


def _pairs(changes: dict[str, dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [values["before"], values["after"]] for name, values in changes.items()}
