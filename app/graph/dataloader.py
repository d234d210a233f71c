"""Loads by key: what many ask for in one turn of the event loop becomes one call of a batch function."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable, Sequence
from typing import Any, TypeAlias, TypeVar

from app.counting import Sizes

Value = TypeVar("Value")
BatchOf: TypeAlias = Callable[..., Awaitable[Sequence[Value]]]
Batch: TypeAlias = BatchOf[Any]

# How often each batch function of this process was called, and for how many keys, by its name.
KEYS: dict[str, Sizes] = {}
MOST_NAMES = 300  # of them there are less than a hundred, all of them in our code


class Batches:
    """The loads of one operation. The batch function and its arguments are what keys are collected by.

    An answer is kept for the rest of the operation: asking twice for a key costs nothing.
    """

    def __init__(self, context: object) -> None:
        self._context: object | None = context
        self._groups: dict[tuple[Batch, tuple[Hashable, ...]], _Group] = {}
        self._leaving: list[_Group] = []
        self._asked = 0
        self._running: set[asyncio.Task[None]] = set()

    def load(self, batch: Batch, key: Hashable, *arguments: Hashable) -> Coroutine[Any, Any, Any]:
        """What `batch(context, keys, *arguments)` answers for `key`; its error reaches each who asked."""
        group = self._group(batch, arguments)
        if key not in group.turns:
            self._ask(group, [key])
        return group.answer(key, group.turns[key])

    def load_many(self, batch: Batch, keys: Sequence[Hashable], *arguments: Hashable) -> Coroutine[Any, Any, list[Any]]:
        """The answers for `keys`, in their order; None for a key that is None."""
        group = self._group(batch, arguments)
        turns, asked = group.turns, dict.fromkeys(keys)
        asked.pop(None, None)
        new = [key for key in asked if key not in turns]
        if new:
            self._ask(group, new)
        return group.all_answers(keys, {turns[key] for key in asked})

    def clear(self) -> None:
        """Forgets every answer: what follows a write must see it."""
        self._groups.clear()

    async def stop(self) -> None:
        """Ends the loads that are under way: where an operation is cut short nobody waits for them any more.

        Nothing can be loaded after it. The context refers to its batches, and so on in a circle, which would keep every
        row until the garbage collector comes by: it took a third of the time of middle-sized answers.
        """
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.gather(*self._running, return_exceptions=True)
        self._groups.clear()
        self._context = None

    def _group(self, batch: Batch, arguments: tuple[Hashable, ...]) -> "_Group":
        group = self._groups.get((batch, arguments))
        if group is None:
            group = self._groups[batch, arguments] = _Group(batch, arguments)
        return group

    def _ask(self, group: "_Group", keys: Sequence[Hashable]) -> None:
        """Puts keys that nobody has asked for into the group's next call."""
        self._asked += 1
        if not group.waiting:
            loop = asyncio.get_running_loop()
            group.next_turn = loop.create_future()
            if not self._leaving:
                loop.call_soon(self._wait_for_more, self._asked)
            self._leaving.append(group)
        group.waiting += keys
        group.turns.update(dict.fromkeys(keys, group.next_turn))

    def _wait_for_more(self, asked: int) -> None:
        # Resolvers of one level may be a turn of the loop apart, so batches leave when a turn brought no new key.
        if asked != self._asked:
            asyncio.get_running_loop().call_soon(self._wait_for_more, self._asked)
            return
        leaving, self._leaving = self._leaving, []
        for group in leaving:
            keys, group.waiting = group.waiting, []
            _count(group.batch, len(keys))
            task = asyncio.ensure_future(group.run(self._context, keys, group.next_turn))
            self._running.add(task)
            task.add_done_callback(self._running.discard)


def _count(batch: Batch, keys: int) -> None:
    name = getattr(batch, "__name__", type(batch).__name__)
    sizes = KEYS.get(name)
    if sizes is None:
        sizes = KEYS.setdefault(name if len(KEYS) < MOST_NAMES else "other", Sizes())
    sizes.observe(keys)


class _Group:
    """The keys of one batch function with the same arguments. A turn is done when the answers of its keys are in."""

    def __init__(self, batch: Batch, arguments: tuple[Hashable, ...]) -> None:
        self.batch = batch
        self.arguments = arguments
        self.answers: dict[Hashable, Any] = {}
        self.turns: dict[Hashable, asyncio.Future[None]] = {}
        self.waiting: list[Hashable] = []
        self.next_turn: asyncio.Future[None]

    async def run(self, context: object, keys: list[Hashable], turn: "asyncio.Future[None]") -> None:
        try:
            values = await self.batch(context, keys, *self.arguments)
            if len(values) != len(keys):
                raise RuntimeError(f"{self.batch} gave {len(values)} answers for {len(keys)} keys")
            self.answers.update(zip(keys, values, strict=True))
        except Exception as error:  # noqa: BLE001  # whatever it is, it belongs to those who asked
            self.answers.update((key, _Failure(error)) for key in keys)
        turn.set_result(None)

    async def answer(self, key: Hashable, turn: "asyncio.Future[None]") -> Any:
        await _done([turn])
        return _value(self.answers[key])

    async def all_answers(self, keys: Sequence[Hashable], turns: Iterable["asyncio.Future[None]"]) -> list[Any]:
        await _done(turns)
        answers = list(map(self.answers.get, keys))
        return list(map(_value, answers)) if _Failure in set(map(type, answers)) else answers


class _Failure:
    """Stands among the answers for a key that could not be loaded."""

    def __init__(self, error: Exception) -> None:
        self.error = error


def _value(answer: Any) -> Any:
    if type(answer) is _Failure:
        raise answer.error
    return answer


async def _done(turns: Iterable["asyncio.Future[None]"]) -> None:
    for turn in turns:
        if not turn.done():
            # Shielded: who stops waiting must not take the answers from those who go on.
            await asyncio.shield(turn)
