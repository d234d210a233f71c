"""Loads by key: what many resolvers ask for in one turn of the event loop becomes one call of a batch function."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any

Batch = Callable[..., Awaitable[Sequence[Any]]]
Group = tuple[Batch, tuple[Hashable, ...]]


class Batches:
    """The loads of one operation. The batch function and its arguments are what keys are collected by.

    An answer is kept for the rest of the operation: asking twice for a key costs nothing.
    """

    def __init__(self, context: object) -> None:
        self._context = context
        self._answers: dict[Group, dict[Hashable, asyncio.Future[Any]]] = {}
        self._waiting: dict[Group, list[Hashable]] = {}
        self._asked = 0
        self._running: set[asyncio.Task[None]] = set()

    def load(self, batch: Batch, key: Hashable, *arguments: Hashable) -> asyncio.Future[Any]:
        """What `await batch(context, keys, *arguments)` answers for `key`; errors reach each who asked."""
        group = (batch, arguments)
        answers = self._answers.setdefault(group, {})
        answer = answers.get(key)
        if answer is None:
            loop = asyncio.get_running_loop()
            answer = answers[key] = loop.create_future()
            if not self._waiting:
                loop.call_soon(self._wait_for_more, self._asked)
            self._waiting.setdefault(group, []).append(key)
            self._asked += 1
        return answer

    def clear(self) -> None:
        """Forgets every answer: what follows a write must see it."""
        self._answers.clear()

    def _wait_for_more(self, asked: int) -> None:
        # Resolvers of one level may be a turn of the loop apart, so a batch leaves when a turn brought no new key.
        if asked != self._asked:
            asyncio.get_running_loop().call_soon(self._wait_for_more, self._asked)
            return
        waiting, self._waiting = self._waiting, {}
        for group, keys in waiting.items():
            task = asyncio.ensure_future(self._run(group, keys, self._answers[group]))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _run(self, group: Group, keys: list[Hashable], answers: dict[Hashable, asyncio.Future[Any]]) -> None:
        batch, arguments = group
        try:
            values = await batch(self._context, keys, *arguments)
            if len(values) != len(keys):
                raise RuntimeError(f"{batch} gave {len(values)} answers for {len(keys)} keys")
        except Exception as error:  # noqa: BLE001  # whatever it is, it belongs to those who asked
            for key in keys:
                _fail(answers[key], error)
        else:
            for key, value in zip(keys, values, strict=True):
                if not answers[key].done():
                    answers[key].set_result(value)


def _fail(answer: asyncio.Future[Any], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
        # Whoever asked may have been cancelled since: then nobody has to hear of it.
        answer.exception()
