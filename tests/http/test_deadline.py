"""Requests that take too long: refused, undone, and nothing of them left running."""

import asyncio
from collections.abc import Awaitable
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from pydantic import SecretStr
from starlette.types import Receive

from app.config import Settings
from app.http.deadline import TICK, ClientGone, Deadline, NoTurn, SentTooSlowly, TooLate, Turns, Watch
from tests.api import SECRET, serving
from tests.conftest import Database
from tests.factories import make_tenant
from tests.locks import until_no_request_runs
from tests.unforeseen import nothing_unforeseen

TURNS = Turns(usual=10, longest=10, most=1)


@pytest.mark.parametrize(
    "document",
    [
        "query ($id: ID!) { team(id: $id) { tasks { nodes { title } } } }",
        'mutation ($id: ID!) { updateTask(id: $id, input: {title: "late"}) { task { id } } }',
    ],
)
async def test_what_waits_too_long_is_undone(
    database: Database, superuser: "asyncpg.Connection[Any]", document: str
) -> None:
    tenant = await make_tenant(superuser)
    asked = (
        tenant.teams[0]
        if document.startswith("query")
        else await superuser.fetchval("SELECT id FROM tasks WHERE organization_id = $1 LIMIT 1", tenant.id)
    )
    settings = Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET), request_timeout=0.3)
    async with nothing_unforeseen(), serving(settings) as api, superuser.transaction():
        await api.data("{ viewer { user { id } } }", who=tenant.owner)
        await superuser.execute("LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE")

        response = await api.send(document, who=tenant.owner, id=str(asked))

        assert response.status_code == 503
        assert response.json()["errors"] == [
            {
                "message": "The request took too long and was undone: ask for less, or try again.",
                "extensions": {"code": "TIMEOUT"},
            }
        ]
        # What was cancelled is undone behind the answer.
        await until_no_request_runs(api.database, superuser)


async def nobody_hangs_up() -> dict[str, Any]:
    await asyncio.sleep(60)
    return {"type": "http.disconnect"}


def in_seconds(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


async def stay(watch: Watch, seconds: float, receive: Receive | None = nobody_hangs_up) -> None:
    """A request that never ends by itself; without `receive` it is never received."""
    async with Deadline(watch, in_seconds(seconds)) as deadline:
        if receive:
            deadline.received(receive)
        await asyncio.sleep(60)


async def how_long(staying: Awaitable[None], error: type[Exception]) -> float:
    started = in_seconds(0)
    with pytest.raises(error):
        await staying
    return in_seconds(0) - started


async def test_each_deadline_ends_its_own_block() -> None:
    watch = Watch(TURNS)
    stayed = await asyncio.gather(
        how_long(stay(watch, 0.15), TooLate),
        how_long(stay(watch, 0.35, None), SentTooSlowly),
        how_long(stay(watch, 0.0), TooLate),
    )
    for took, given in zip(stayed, (0.15, 0.35, 0.0), strict=True):
        assert given <= took < given + 2 * TICK
    assert current_tasks() == set()


async def test_what_is_lifted_is_not_cut_short() -> None:
    watch = Watch(TURNS)
    async with Deadline(watch, in_seconds(0.05)) as deadline:
        deadline.received(nobody_hangs_up)
        deadline.lift()
        await asyncio.sleep(0.3)


async def taking_long(watch: Watch, *, before: float = 0.0, within: float = 0.0, after: float = 0.0) -> None:
    """A request of the usual time, so many seconds of which are within what may take long."""
    async with Deadline(watch, in_seconds(watch.turns.usual)) as deadline:
        deadline.received(nobody_hangs_up, uuid4())
        await asyncio.sleep(before)
        with deadline.extensible():
            await asyncio.sleep(within)
        await asyncio.sleep(after)


@pytest.mark.parametrize(("before", "within", "after"), [(0.2, 0.7, 0.2), (0.0, 0.1, 0.0)])
async def test_what_may_take_long_goes_on(before: float, within: float, after: float) -> None:
    await taking_long(Watch(Turns(usual=0.4, longest=1.5, most=1)), before=before, within=within, after=after)


@pytest.mark.parametrize(
    ("within", "after", "left"),
    [(60.0, 0.0, 1.0), (0.6, 60.0, 1.0), (0.0, 60.0, 0.4)],  # the longest, the rest as usual, and nothing long at all
)
async def test_what_takes_long_ends_all_the_same(within: float, after: float, left: float) -> None:
    watch = Watch(Turns(usual=0.4, longest=1.0, most=1))
    took = await how_long(taking_long(watch, within=within, after=after), TooLate)
    assert left <= took < left + 3 * TICK


async def test_turns_are_taken_when_they_are_needed_and_given_back() -> None:
    watch = Watch(Turns(usual=0.2, longest=5, most=1))
    first = asyncio.create_task(taking_long(watch, within=0.8))
    await asyncio.sleep(0)
    await taking_long(watch, within=0.05)
    await how_long(taking_long(watch, within=60), NoTurn)
    await first
    await taking_long(watch, within=0.5)


async def test_each_caller_has_one_turn() -> None:
    turns, caller = Turns(usual=1, longest=2, most=2), uuid4()
    assert turns.take(caller)
    assert not turns.take(caller)
    assert turns.take(uuid4())
    assert not turns.take(uuid4())
    turns.give_back(caller)
    assert turns.take(caller)


async def test_what_others_cancel_stays_cancelled() -> None:
    watch = Watch(TURNS)
    staying = asyncio.create_task(stay(watch, 10))
    await asyncio.sleep(0.3)
    staying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await staying
    await asyncio.sleep(0)
    assert current_tasks() == set()


async def test_who_hangs_up_ends_the_block() -> None:
    async def hangs_up() -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"type": "http.disconnect"}

    with pytest.raises(ClientGone):
        await stay(Watch(TURNS), 10, hangs_up)
    await asyncio.sleep(0)
    assert current_tasks() == set()


async def test_errors_pass_a_deadline_as_they_are() -> None:
    with pytest.raises(ZeroDivisionError):
        async with Deadline(Watch(TURNS), in_seconds(10)):
            raise ZeroDivisionError


def current_tasks() -> set[asyncio.Task[Any]]:
    """Those that look after clients."""
    return {task for task in asyncio.all_tasks() if "_look" in repr(task.get_coro())}
