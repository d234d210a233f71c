"""Servers, and `trellis erase`, killed while people are erased. Run by `make soak-people`."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from app.auth.tokens import sign
from app.config import Settings
from app.db.columns import new_id
from tests.api import SECRET
from tests.erasing import ERASE
from tests.factories import Tenant, make_tenant
from tests.invitations.soak_people import serve
from tests.processes import TRELLIS, environment

KILLS = 20
COMMANDS = 5  # of which so many are of the command
PEOPLE = 60  # who are erased at once; the owner stays
# Each has changed their name a hundred times, made a key, was invited, and had an answer kept.
TRACES = """
WITH people AS (
    SELECT user_id, row_number() OVER (ORDER BY id) AS place FROM organization_members
     WHERE organization_id = $1 AND role = 'MEMBER'
), invited AS (
    INSERT INTO invitations (organization_id, id, email, role, status, answered_by, secret_hash, expires_at, created_at,
                             updated_at)
    SELECT $1, gen_random_uuid(), user_id || '@private.example.com', 'MEMBER', 'ACCEPTED', user_id,
           sha256(uuid_send(user_id)), now(), now(), now() FROM people
), keys AS (
    INSERT INTO api_keys (organization_id, id, name, scopes, created_by, secret_hash, secret_created_at, created_at,
                          updated_at)
    SELECT $1, gen_random_uuid(), 'Key', '{READ}', user_id, sha256(uuid_send(user_id)), now(), now(), now() FROM people
), kept AS (
    INSERT INTO idempotency_keys (actor_id, key, request_hash, created_at) SELECT user_id, 'a', 'a', now() FROM people
)
INSERT INTO events (organization_id, id, sequence, type, subject_type, subject_id, actor_id, changes, created_at)
SELECT $1, gen_random_uuid(), place * 100 + n, 'UPDATED', 'User', user_id, user_id,
       '{"name": {"before": "Canary", "after": "Other"}}', now() FROM people, generate_series(1, 100) AS n
"""
COUNTER = "INSERT INTO event_counters (organization_id, last_sequence) VALUES ($1, 1000000)"
# Of each of these people all is there, or nothing.
STATES = """
SELECT ARRAY[
    email IS NOT NULL, subject IS NOT NULL, name <> 'Deleted user',
    EXISTS (SELECT FROM organization_members WHERE user_id = users.id AND deleted_at IS NULL),
    EXISTS (SELECT FROM invitations WHERE answered_by = users.id),
    EXISTS (SELECT FROM api_keys WHERE created_by = users.id AND revoked_at IS NULL),
    EXISTS (SELECT FROM idempotency_keys WHERE actor_id = users.id),
    EXISTS (SELECT FROM events WHERE subject_id = users.id AND changes::text LIKE '%Canary%'),
    NOT EXISTS (SELECT FROM events WHERE subject_id = users.id AND type = 'PURGED')
] AS there FROM users WHERE id = ANY ($1)
"""
NOBODYS = """SELECT count(*) FROM organization_members JOIN team_members
    ON team_members.organization_id = organization_members.organization_id AND organization_member_id =
    organization_members.id WHERE organization_members.organization_id = $1 AND user_id =
    '00000000-0000-7000-8000-000000000000' AND team_members.deletion_id = organization_members.deletion_id"""


async def test_whoever_is_killed_nobody_is_half_erased(
    new_database: Callable[..., Awaitable[Any]], tmp_path: Path
) -> None:
    database, random = await new_database(), Random(14)
    superuser = await asyncpg.connect(database.superuser_url)
    erased = 0
    for kill in range(KILLS):
        tenant = await make_tenant(superuser, members=PEOPLE + 1)
        await superuser.execute(TRACES, tenant.id)
        await superuser.execute(COUNTER, tenant.id)
        if kill < COMMANDS:
            await killed_command(database, tmp_path, tenant, random)
        else:
            await killed_server(database.runtime_url, tmp_path, tenant, random)
        await asyncio.sleep(0.3)  # PostgreSQL sees that its client is gone
        states = [row["there"] for row in await superuser.fetch(STATES, tenant.users[1:])]
        assert all(len(set(there)) == 1 for there in states), states
        gone = sum(not there[0] for there in states)
        assert await superuser.fetchval(NOBODYS, tenant.id) == gone
        erased += gone
    await superuser.close()
    print(f"{KILLS} kills, {erased} of {KILLS * PEOPLE} were erased, and nobody by halves")  # noqa: T201
    assert 0 < erased < KILLS * PEOPLE


async def killed_server(url: str, folder: Path, tenant: Tenant, random: Random) -> None:
    """Everybody erases themselves, and the server that does it is killed."""
    process, address = await serve(url, folder)
    async with httpx.AsyncClient(timeout=60) as http:
        people = [(tenant.owner.replace("person1", f"person{place + 1}"), user) for place, user in each(tenant)]
        erasing = [asyncio.create_task(erase(http, address, *one)) for one in people]
        await asyncio.sleep(random.uniform(0.3, 4.0))
        process.kill()
        await process.wait()
        await asyncio.gather(*erasing)


async def killed_command(database: Any, folder: Path, tenant: Tenant, random: Random) -> None:
    """One after the other is erased by the command, and one of them is killed."""
    urls = {"TRELLIS_DATABASE_URL": database.runtime_url, "TRELLIS_DATABASE_OWNER_URL": database.owner_url}
    for _, user in list(each(tenant))[:2]:
        process = await asyncio.create_subprocess_exec(
            *(*TRELLIS, "erase", str(user), "--yes"),
            cwd=folder,
            env=environment(**urls),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert process.stdout is not None
        await process.stdout.readline()  # what it takes
        await asyncio.sleep(random.uniform(0, 0.1))
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def each(tenant: Tenant) -> enumerate[UUID]:
    return enumerate(tenant.users[1:], start=1)


async def erase(http: httpx.AsyncClient, address: str, who: str, user: UUID) -> None:
    settings = Settings.model_validate({"jwt_secret": SECRET})
    token = sign(settings, subject=who, email=who, name=None, ttl=timedelta(hours=1))
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": new_id().hex}
    body = {"query": ERASE, "variables": {"id": str(user)}}
    with suppress(httpx.HTTPError):  # the server was killed
        await http.post(address, json=body, headers=headers)
