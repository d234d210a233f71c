"""No document holds the event loop: while one is worked on, the others get their turns."""

import asyncio
from collections.abc import Iterable
from time import thread_time
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from app.config import Settings
from tests.api import GRAPHQL, SECRET, Api, serving
from tests.conftest import Database
from tests.factories import make_tenant
from tests.hostile.conftest import bearer
from tests.hostile.dear import dear, largest_filters, relations
from tests.hostile.wire import Attack, Attacker

LONGEST = 0.1  # seconds of the processor's time in one turn
LONGEST_OF_FILTERS = (
    2.0  # times what a million additions take: machines differ by half, and 50 ms on one are 75 on another
)
TRIES = 3


class Turns:
    """Measures each turn of the loop by the processor's time of its thread, in which a busy machine counts little."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.longest = 0.0
        run = asyncio.Handle._run

        def measured(handle: asyncio.Handle) -> None:
            started = thread_time()
            run(handle)
            self.longest = max(self.longest, thread_time() - started)

        monkeypatch.setattr(asyncio.Handle, "_run", measured)


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> Turns:
    return Turns(monkeypatch)


async def test_no_document_holds_the_loop(api: Api, superuser: "asyncpg.Connection[Any]", turns: Turns) -> None:
    attacker = await attacker_of_many(superuser)
    assert await holding(api, turns, attacker, dear(attacker)) == []


async def test_no_late_error_holds_the_loop(
    database: Database, superuser: "asyncpg.Connection[Any]", turns: Turns
) -> None:
    """Where the database gives up, graphql-core completes each row anew, with a filter of hundreds of values."""
    attacker = await attacker_of_many(superuser)
    settings = Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET), statement_timeout=0.02)
    async with serving(settings) as api:
        assert await holding(api, turns, attacker, relations(attacker)) == []


async def test_no_filters_hold_the_loop(api: Api, superuser: "asyncpg.Connection[Any]", turns: Turns) -> None:
    """The largest there may be, of a new form each time: what is the same but for its values is built once."""
    attacker = await attacker_of_many(superuser)
    for forms in zip(*(largest_filters(attacker, place) for place in range(TRIES)), strict=True):
        tries = [await longest_turn(api, turns, attacker, attack) / additions() for attack in forms]
        assert min(tries) < LONGEST_OF_FILTERS, forms[0].name


def additions() -> float:
    """Seconds of the processor's time for a million additions: how fast this machine is just now."""
    started, total = thread_time(), 0
    for number in range(1_000_000):
        total += number
    return thread_time() - started


async def attacker_of_many(superuser: "asyncpg.Connection[Any]") -> Attacker:
    tenant = await make_tenant(superuser, members=5, teams=100, tasks=4)
    return Attacker(bearer(tenant.owner), {"Team": str(tenant.teams[0])})


async def holding(api: Api, turns: Turns, attacker: Attacker, attacks: Iterable[Attack]) -> list[tuple[str, float]]:
    """The attacks that held the loop, with the seconds.

    A collection of garbage, or who else uses the processor's caches, may lengthen any turn, but not each time.
    """
    held = []
    for attack in attacks:
        tries: list[float] = []
        while len(tries) < TRIES and min(tries, default=LONGEST) >= LONGEST:
            tries.append(await longest_turn(api, turns, attacker, attack))
        if min(tries) >= LONGEST:
            held.append((attack.name, min(tries)))
    return held


async def longest_turn(api: Api, turns: Turns, attacker: Attacker, attack: Attack) -> float:
    """In seconds."""
    headers = {"Authorization": attacker.authorization, "Content-Type": "application/json"}
    turns.longest = 0.0
    await api.http.post(GRAPHQL, content=attack.request.partition(b"\r\n\r\n")[2], headers=headers)
    await asyncio.sleep(0)  # ends the turn in which the answer came
    return turns.longest
