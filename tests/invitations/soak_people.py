"""Servers killed while people come in, and what time tells of an address. Run by `make soak-people`."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from app.auth.secrets import INVITATION, hash_of, new_key
from app.auth.tokens import sign
from app.config import Settings
from app.db.columns import new_id
from tests.api import SECRET, Api
from tests.factories import Tenant, make_tenant
from tests.joining import ACCEPT, INVITE
from tests.processes import TRELLIS, environment, free_port

KILLS = 20
PEOPLE = 60  # who come in at once
TRIES = 1_000
MAKE = """
INSERT INTO invitations (organization_id, id, email, role, status, secret_hash, expires_at, created_at, updated_at)
VALUES ($1, $2, $2::uuid || '@example.com', 'ADMIN', 'PENDING', $3, now() + interval '1 day', now(), now())
"""
MAKE_TEAM = "INSERT INTO invitation_teams (organization_id, invitation_id, team_id, role) VALUES ($1, $2, $3, 'MEMBER')"
# Whoever is in is in with all that belongs to it: the team, the invitation's end, and three events.
HALVES = """
SELECT count(*) FILTER (WHERE joined) AS joined, count(*) FILTER (WHERE NOT (
    joined = (invitations.status = 'ACCEPTED') AND joined = in_team AND events = CASE WHEN joined THEN 3 ELSE 0 END
)) AS halves FROM invitations, LATERAL (
    SELECT count(members.id) > 0 AS joined, count(team_members.id) > 0 AS in_team,
           (SELECT count(*) FROM events WHERE events.organization_id = invitations.organization_id
            AND events.subject_id IN (invitations.id, any_value(members.id), any_value(team_members.id))) AS events
    FROM users LEFT JOIN organization_members AS members
        ON members.user_id = users.id AND members.organization_id = invitations.organization_id
    LEFT JOIN team_members ON team_members.organization_member_id = members.id
    WHERE users.subject = invitations.email
) AS found WHERE invitations.organization_id = $1 AND invitations.email <> $2
"""


async def test_whoever_is_killed_nobody_is_half_a_member(
    new_database: Callable[..., Awaitable[Any]], tmp_path: Path
) -> None:
    database, random = await new_database(), Random(14)
    superuser = await asyncpg.connect(database.superuser_url)
    joined = 0
    for _ in range(KILLS):
        tenant = await make_tenant(superuser)
        secrets = [await invitation(superuser, tenant) for _ in range(PEOPLE)]
        process, address = await serve(database.runtime_url, tmp_path)
        async with httpx.AsyncClient() as http:
            accepting = [asyncio.create_task(accept(http, address, *one)) for one in secrets]
            await asyncio.sleep(random.uniform(0.1, 1.0))
            process.kill()
            await process.wait()
            await asyncio.gather(*accepting)
        await asyncio.sleep(0.2)  # PostgreSQL sees that its client is gone
        found = await superuser.fetchrow(HALVES, tenant.id, f"{tenant.invitations[0]}@example.com")
        assert found is not None
        assert found["halves"] == 0
        joined += found["joined"]
    await superuser.close()
    print(f"{KILLS} kills, {joined} of {KILLS * PEOPLE} had come in, and nobody by halves")  # noqa: T201
    assert 0 < joined < KILLS * PEOPLE


async def invitation(superuser: "asyncpg.Connection[Any]", tenant: Tenant) -> tuple[str, str]:
    """Whom it invites, and its secret."""
    made = new_id()
    secret = new_key(made, INVITATION)
    await superuser.execute(MAKE, tenant.id, made, hash_of(secret))
    await superuser.execute(MAKE_TEAM, tenant.id, made, tenant.teams[0])
    return f"{made}@example.com", secret


async def serve(url: str, folder: Path) -> tuple[asyncio.subprocess.Process, str]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(*TRELLIS, "serve", "--port", str(port)),
        cwd=folder,
        env=environment(TRELLIS_DATABASE_URL=url, TRELLIS_JWT_SECRET=SECRET, TRELLIS_MAX_IN_FLIGHT="100"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    async with httpx.AsyncClient() as http:
        while True:
            try:
                (await http.get(f"http://127.0.0.1:{port}/readyz")).raise_for_status()
            except httpx.HTTPError:
                assert process.returncode is None, "the server has ended"
                await asyncio.sleep(0.05)
            else:
                return process, f"http://127.0.0.1:{port}/graphql"


async def accept(http: httpx.AsyncClient, address: str, who: str, secret: str) -> None:
    settings = Settings.model_validate({"jwt_secret": SECRET})
    token = sign(settings, subject=who, email=who, name=None, ttl=timedelta(hours=1))
    body = {"query": ACCEPT, "variables": {"by": {"secret": secret}}}
    with suppress(httpx.HTTPError):  # the server was killed
        await http.post(address, json=body, headers={"Authorization": f"Bearer {token}"})


async def test_time_does_not_tell_whether_an_address_has_an_account(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    """Known and unknown addresses by turns; the difference of the medians beside what a median varies by itself."""
    tenants = [await make_tenant(superuser) for _ in range(5)]
    known = [f"person{place}@{new_id().hex}.example.com" for place in range(TRIES)]
    await superuser.executemany(
        "INSERT INTO users (id, subject, email, name, created_at, updated_at) VALUES ($1, $2, $2, 'A', now(), now())",
        [(new_id(), one) for one in known],
    )
    taken: dict[str, list[float]] = {"known": [], "unknown": []}
    for place, address in enumerate(known):
        tenant = tenants[place % len(tenants)]
        pair = [("known", address), ("unknown", f"x{address}")]
        for kind, email in pair if place % 2 else reversed(pair):
            given = {"organizationId": str(tenant.id), "email": email}
            begin = perf_counter()
            data = await api.data(INVITE, who=tenant.owner, input=given)
            taken[kind].append(perf_counter() - begin)
            made = UUID(data["inviteToOrganization"]["invitation"]["id"])
            await superuser.execute("DELETE FROM invitations WHERE id = $1", made)
    medians = {kind: median(times) * 1e6 for kind, times in taken.items()}
    halves = [median(taken["unknown"][begin::2]) * 1e6 for begin in (0, 1)]
    difference, noise = abs(medians["known"] - medians["unknown"]), abs(halves[0] - halves[1])
    print(f"{medians} µs; they differ by {difference:.0f}, two halves of one kind by {noise:.0f} µs")  # noqa: T201
    assert difference < max(5 * noise, 0.02 * medians["unknown"])
