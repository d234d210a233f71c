"""Fields that answer for a level of rows in a made-up world, as faulty as the world says."""

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, iscoroutinefunction
from typing import Annotated, Any

import strawberry

from app.graph.fields import by_level
from tests.execution.sameness import loaders
from tests.execution.sameness.world import Broken, WorldContext


def edge(name: str, level: Callable[..., Any], **more: Any) -> Any:
    """A field answered by `level`, as faulty as the world says of `name`."""

    async def later(context: Any, rows: Sequence[Any], arguments: Mapping[str, Any]) -> list[Any]:
        return spoilt(context, rows, await level(context, rows, arguments))

    def at_once(context: Any, rows: Sequence[Any], arguments: Mapping[str, Any]) -> list[Any]:
        return spoilt(context, rows, level(context, rows, arguments))

    def spoilt(context: Any, rows: Sequence[Any], values: list[Any]) -> list[Any]:
        return [context.world.spoil(name, row, value) for row, value in zip(rows, values, strict=True)]

    return by_level(later if iscoroutinefunction(level) else at_once, description=name, **more)


async def linked(context: WorldContext, rows: Sequence[Any], _: Any) -> list[Any]:
    return await context.load_many(loaders.person_by_id, [context.world.link("person", row) for row in rows])


async def befriended(context: WorldContext, rows: Sequence[Any], arguments: Mapping[str, Any]) -> list[Any]:
    wish = arguments.get("wish")
    first = arguments["first"] if wish is None or wish.least is None else max(wish.least, arguments["first"])
    if first < 0:
        raise Broken("first is negative")
    keys = [context.world.links("friends", row, 3) for row in rows]
    return await context.load_many(loaders.friends_of_person, keys, first)


async def made(context: WorldContext, rows: Sequence[Any], _: Any) -> list[Any]:
    return await context.load_many(loaders.robots_by_maker, [str(row.id) for row in rows])


async def made_and_none(context: WorldContext, rows: Sequence[Any], _: Any) -> list[Any]:
    return [[None, robots, [*robots, None]] for robots in await made(context, rows, _)]


def count(_context: WorldContext, rows: Sequence[Any], arguments: Mapping[str, Any]) -> list[Any]:
    return [len(str(row.id)) + arguments.get("plus", 0) for row in rows]


def argument(name: str, annotation: Any, default: Any) -> Parameter:
    """An argument of a field that `edge` declares."""
    annotated = Annotated[annotation, strawberry.argument(description=name)]
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotated, default=default)
