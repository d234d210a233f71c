"""The three storms: many writers at once, alone and while the server or PostgreSQL is killed again and again."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
from pydantic import SecretStr

from app.auth.tokens import sign
from app.config import Settings
from tests.api import SECRET
from tests.factories import Tenant, make_tenant
from tests.soak.load import Load
from tests.soak.operations import World
from tests.soak.site import Site
from tests.soak.verdict import findings, rows_of

CLIENTS, TEAMS, TASKS = 8, 4, 3
BETWEEN_KILLS = 25  # operations that have to be answered before the next kill, so that each hits a busy server
AFTERMATH = 0.3  # seconds for which people go on after a kill: they are to meet what it left


@dataclass(frozen=True)
class Storm:
    """What was done, and what was found to be wrong."""

    load: Load
    kills: int
    events: int
    seconds: float
    findings: list[str]


async def storm(site: Site, *, operations: int = 0, kills: int = 0, kill: Callable[[], None] | None = None) -> Storm:
    """Eight people write to a new organization: `operations` each, and until `kill` was called `kills` times."""
    tenant = await _make_tenant(site)
    before = await _read(site, tenant)
    teams, (counter, *tasks) = map(str, tenant.teams), map(str, tenant.tasks)
    load = Load(site.address, tenant.slug, World(list(teams), tasks), counter, seed=1)
    killing = asyncio.create_task(_kill(load, kills, kill))
    start = time.monotonic()
    people = [_headers(f"person{place}@{tenant.slug}.example.com") for place in range(1, CLIENTS + 1)]
    await load.run(people, lambda written: written < operations or not killing.done())
    seconds = time.monotonic() - start
    await killing
    connection = await asyncpg.connect(site.addresses.superuser_url)
    try:
        found = await findings(connection, tenant, before, load)
        events = await connection.fetchval("SELECT count(*) FROM events WHERE organization_id = $1", tenant.id)
    finally:
        await connection.close()
    return Storm(load, kills, events, seconds, found)


async def _kill(load: Load, kills: int, kill: Callable[[], None] | None) -> None:
    for _ in range(kills):
        enough = len(load.acknowledged) + BETWEEN_KILLS
        while len(load.acknowledged) < enough:  # noqa: ASYNC110  # the load tells nobody of it
            await asyncio.sleep(0.01)
        await asyncio.sleep(load.random.random() / 5)
        assert kill is not None
        await asyncio.to_thread(kill)
        await asyncio.sleep(AFTERMATH)


async def _make_tenant(site: Site) -> Tenant:
    """An organization of which all eight are owners, so that each may do everything."""
    connection = await asyncpg.connect(site.addresses.superuser_url)
    try:
        tenant = await make_tenant(connection, members=CLIENTS, teams=TEAMS, tasks=TASKS)
        await connection.execute("UPDATE organization_members SET role = 'OWNER' WHERE organization_id = $1", tenant.id)
        return tenant
    finally:
        await connection.close()


async def _read(site: Site, tenant: Tenant) -> dict[str, dict[str, object]]:
    connection = await asyncpg.connect(site.addresses.superuser_url)
    try:
        return await rows_of(connection, tenant)
    finally:
        await connection.close()


def _headers(who: str) -> dict[str, str]:
    settings = Settings(jwt_secret=SecretStr(SECRET))
    token = sign(settings, subject=who, email=who, name=None, ttl=timedelta(hours=1))
    return {"Authorization": f"Bearer {token}"}
