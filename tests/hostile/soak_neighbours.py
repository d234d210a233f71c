"""What one caller can do to the requests of others: `make soak-neighbours` prints the rows of the operator's page.

A server as in production, in a process of its own, but that the attacker's minute has no end. Each attack is 20
requests at once, over and over; meanwhile somebody else asks something small, and a load balancer looks at /readyz.
While the machine lets the server wait for a processor no time passes, so that what is measured is the server.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import Any, NamedTuple

import asyncpg
import pytest

from tests.api import SECRET
from tests.conftest import Database
from tests.factories import Tenant, make_tenant
from tests.hostile.conftest import Server, bearer
from tests.hostile.wire import Attack, Attacker, exchange
from tests.processes import running_over, serve

AT_ONCE = 20  # as many as one caller may have under way
SECONDS = 6.0  # of each attack
PAUSE = 0.02  # between two requests of the neighbour
LONGEST_P95 = 0.250  # seconds
SMALL = "{ organizations { nodes { name teams(first: 5) { nodes { key tasks(first: 5) { nodes { title } } } } } } }"
WIDE, TEAMS = 65_536, 40  # 100 descriptions of so many letters in each of so many teams: 262 MB
RENAME = """mutation ($id: ID!) { updateTask(id: $id, input: {title: "Late"}) { task { title } } }"""
FUZZY = """query ($id: ID!, $words: String!) {
    searchTasks(organizationId: $id, query: $words, mode: FUZZY) { nodes { title } } }"""
HYBRID = FUZZY.replace("FUZZY", "HYBRID")
LARGE = (
    "{ organizations { nodes { teams(first: 40) { nodes { tasks(first: 100) { nodes { id key title tags } } } } } } }"
)
ALL_TEXT = LARGE.replace("tags", "description")


class Measured(NamedTuple):
    """What the neighbour and the load balancer met, in seconds, and what the attacker was told."""

    name: str
    seconds: list[float]
    statuses: set[int]
    ready: set[int]
    told: dict[int, int]

    @property
    def p50(self) -> float:
        return quantiles(self.seconds, n=20, method="inclusive")[9]

    @property
    def p95(self) -> float:
        return quantiles(self.seconds, n=20, method="inclusive")[18]

    def row(self) -> str:
        told = ", ".join(f"{status}" for status in sorted(self.told)) or "nothing"
        milliseconds = " | ".join(f"{1000 * one:.0f}" for one in (self.p50, self.p95, max(self.seconds)))
        return f"| {self.name} | {milliseconds} | {told} |"


@pytest.fixture
def production(database: Database, tmp_path: Path) -> Iterator[Server]:
    variables = {
        "TRELLIS_DATABASE_URL": database.runtime_url,
        "TRELLIS_JWT_SECRET": SECRET,
        "TRELLIS_RATE_LIMIT": "1000000000",
        "TRELLIS_RATE_LIMIT_FAILURES": "1000000000",
    }
    with serve(tmp_path, **variables) as address:
        [process] = running_over(tmp_path)
        yield Server(process, int(address.rpartition(":")[2]), tmp_path)


async def make_attacker(superuser: "asyncpg.Connection[Any]") -> tuple[Tenant, Attacker, list[str]]:
    """Somebody whose organization holds 262 MB and 500 teams of the worst names; and the worst words to look for."""
    tenant = await make_tenant(superuser, teams=500, tasks=0)
    chance = Random(1)
    words = ["".join(chance.choices("ab", k=49)) for _ in range(1_010)]
    names = [" ".join(words[place : place + 2]) for place in range(10, 1_010, 2)]
    await superuser.execute(
        "UPDATE teams SET name = t.name FROM unnest($1::uuid[], $2::text[]) AS t (id, name) WHERE teams.id = t.id",
        tenant.teams,
        names,
    )
    await superuser.execute(
        """INSERT INTO tasks (organization_id, id, team_id, number, title, description, status, priority, tags,
               created_at, updated_at)
           SELECT $1, gen_random_uuid(), team, number, 'Task ' || number, repeat('x', $3), 'TODO', 'NONE', '{}',
               now(), now() FROM unnest($2::uuid[]) AS team, generate_series(1, 100) AS number""",
        tenant.id,
        tenant.teams[:TEAMS],
        WIDE,
    )
    tenant.tasks = [await superuser.fetchval("SELECT id FROM tasks WHERE organization_id = $1 LIMIT 1", tenant.id)]
    await superuser.execute("ANALYZE tasks, teams")
    return tenant, Attacker(bearer(tenant.owner), {"Task": str(tenant.tasks[0])}), words[:10]


def attacks(attacker: Attacker, tenant: Tenant, words: list[str]) -> Iterator[tuple[str, list[Attack]]]:
    """Each by its name, with the requests that are sent in turn."""
    task, organization = str(tenant.tasks[0]), str(tenant.id)
    rename = json.dumps({"query": RENAME, "variables": {"id": task}}).encode()
    conditions = {"or": [{"title": {"contains": f"%_{place}"}} for place in range(64)]}
    five = " ".join(f"a{place}: tasks(filter: $f) {{ totalCount }}" for place in range(5))
    filtered = (
        f"query ($f: TaskFilter) {{ organizations {{ nodes {{ teams(first: 100) {{ nodes {{ {five} }} }} }} }} }}"
    )
    text = json.dumps({"query": SMALL, "variables": {"text": "\n" * 2_000_000}}).encode()
    yield "nothing", []
    yield "requests that wait for a lock", [attacker.ask("", RENAME, id=task)]
    yield (
        "FUZZY searches of ten words of 49 letters among 500 such names",
        [attacker.ask("", FUZZY, id=organization, words=" ".join(words))],
    )
    yield (
        "other HYBRID searches each time",
        [attacker.ask("", HYBRID, id=organization, words=f"{one} {place}") for place, one in enumerate(words * 20)],
    )
    yield "five filters of 64 conditions", [attacker.ask("", filtered, f=conditions)]
    yield "queries whose rows hold 262 MB", [attacker.ask("", ALL_TEXT)]
    yield "lists of 4,000 tasks", [attacker.ask("", LARGE)]
    yield "retries of one slow mutation with the same key", [attacker.post("", rename, "Idempotency-Key: one")]
    yield (
        "declared bodies of 10 GB",
        [attacker.raw("", "POST /graphql HTTP/1.1", "Content-Type: application/json", "Content-Length: 10000000000")],
    )
    yield "bodies of 4 MB", [attacker.post("", text)]
    yield "API keys that nobody knows", [
        Attack("", b"POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-API-Key: trl_%032x_%040x\r\n"
                   b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}" % (place, place))
        for place in range(200)
    ]  # fmt: skip
    yield "questions at /readyz", [Attack("", b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")]


def flood(port: int, requests: list[bytes], seconds: float) -> dict[int, int]:
    """20 of the requests at once, over and over; counts what they are answered. In a process of its own, as it takes as
    much of a processor as the server does."""
    return asyncio.run(_flood(port, requests, seconds))


async def _flood(port: int, requests: list[bytes], seconds: float) -> dict[int, int]:
    told: dict[int, int] = {}

    async def repeat(first: int) -> None:
        for place in count(first, AT_ONCE):
            answer = await exchange(port, requests[place % len(requests)])
            told[answer.status] = told.get(answer.status, 0) + 1

    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.gather(*(repeat(first) for first in range(AT_ONCE if requests else 0)))
    return told


async def measure(
    server: Server, neighbour: Attacker, pool: ProcessPoolExecutor, name: str, requests: list[Attack]
) -> Measured:
    loop = asyncio.get_running_loop()
    small = neighbour.ask("", SMALL).request
    looking = b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    found = Measured(name, [], set(), set(), {})
    attack = loop.run_in_executor(pool, flood, server.port, [one.request for one in requests], SECONDS)
    end = loop.time() + SECONDS
    while loop.time() < end:
        answer = await server.exchange(small)
        found.seconds.append(answer.seconds)
        found.statuses.add(answer.status)
        if len(found.seconds) % 10 == 1:
            found.ready.add((await exchange(server.port, looking)).status)
        await asyncio.sleep(PAUSE)
    return found._replace(told=await attack)


async def test_what_one_caller_can_do_to_the_others(production: Server, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, attacker, words = await make_attacker(superuser)
    neighbour = await make_tenant(superuser, members=2, teams=3, tasks=5)
    other = Attacker(bearer(neighbour.owner))
    await exchange(production.port, other.ask("", SMALL).request)  # from now on it is known here
    slow = []
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        pool.submit(flood, production.port, [], 0.0).result()  # from now on it is there
        await superuser.execute("BEGIN")
        await superuser.execute("SELECT FROM tasks WHERE id = $1 FOR UPDATE", tenant.tasks[0])
        for name, requests in attacks(attacker, tenant, words):
            found = await measure(production, other, pool, name, requests)
            sys.stdout.write(f"{found.row()}\n")
            if found.p95 > LONGEST_P95 or found.statuses != {200} or found.ready != {200}:
                slow.append(found._replace(seconds=[]))
            await asyncio.sleep(1)
        await superuser.execute("ROLLBACK")
    assert slow == []
