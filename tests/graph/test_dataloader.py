"""Loads by key: gathered in one call, answered once, failing for those who asked and for nobody else."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from app.graph.dataloader import Batches

CONTEXT = object()


class Calls:
    """A batch function that notes what it is called with, and doubles numbers."""

    def __init__(self) -> None:
        self.seen: list[tuple[Any, ...]] = []

    async def __call__(self, context: object, keys: Sequence[int], *arguments: Any) -> list[int]:
        assert context is CONTEXT
        self.seen.append((sorted(keys), *arguments))
        await asyncio.sleep(0)
        if -1 in keys:
            raise KeyError("no such number")
        return [key * 2 for key in keys]


async def test_loads_of_one_turn_are_one_call() -> None:
    calls, batches = Calls(), Batches(CONTEXT)

    assert await asyncio.gather(*(batches.load(calls, key) for key in (3, 1, 3, 2))) == [6, 2, 6, 4]
    assert calls.seen == [([1, 2, 3],)]


async def test_a_call_waits_while_turns_bring_more() -> None:
    calls, batches = Calls(), Batches(CONTEXT)

    async def load(key: int, *, after: int) -> int:
        for _ in range(after):
            await asyncio.sleep(0)
        answer: int = await batches.load(calls, key)
        return answer

    assert list(await asyncio.gather(load(1, after=1), load(2, after=1), load(3, after=2))) == [2, 4, 6]
    assert calls.seen == [([1, 2, 3],)]


async def test_an_answer_is_kept() -> None:
    calls, batches = Calls(), Batches(CONTEXT)
    await batches.load(calls, 1)

    assert await batches.load_many(calls, [1, 2, None, 1]) == [2, 4, None, 2]
    assert calls.seen == [([1],), ([2],)]


async def test_other_arguments_are_another_call() -> None:
    calls, batches = Calls(), Batches(CONTEXT)

    await asyncio.gather(batches.load(calls, 1, "one"), batches.load(calls, 1, "other"), batches.load(calls, 2, "one"))

    assert sorted(calls.seen) == [([1], "other"), ([1, 2], "one")]


async def test_an_error_reaches_all_who_asked_in_that_call_and_no_other() -> None:
    calls, batches = Calls(), Batches(CONTEXT)
    answers = await asyncio.gather(batches.load(calls, 1), batches.load(calls, -1), return_exceptions=True)

    assert [type(answer) for answer in answers] == [KeyError, KeyError]
    assert await batches.load(calls, 2) == 4


async def test_too_few_answers_are_an_error() -> None:
    async def forgetful(_context: object, _keys: Sequence[int]) -> list[int]:
        return []

    with pytest.raises(RuntimeError, match="gave 0 answers for 1 keys"):
        await Batches(CONTEXT).load(forgetful, 1)


async def test_who_stops_waiting_takes_nothing_from_the_others() -> None:
    calls, batches = Calls(), Batches(CONTEXT)
    leaving, staying = (asyncio.ensure_future(batches.load(calls, 1)) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()

    assert await staying == 2
    assert leaving.cancelled()
    assert calls.seen == [([1],)]


async def test_what_follows_a_write_is_loaded_anew() -> None:
    calls, batches = Calls(), Batches(CONTEXT)
    await batches.load(calls, 1)
    batches.clear()

    assert await batches.load(calls, 1) == 2
    assert calls.seen == [([1],), ([1],)]
