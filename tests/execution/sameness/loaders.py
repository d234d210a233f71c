"""The loaders of a made-up world: each notes its calls and is as faulty as the world says."""

import asyncio
from collections.abc import Hashable, Sequence
from typing import Any

from tests.execution.sameness.world import World, WorldContext


async def _turns(world: World, name: str, arguments: tuple[Hashable, ...]) -> None:
    # Loaders take different times, so that siblings end in any order.
    for _ in range(world.number("turns", name, arguments) % 4):
        await asyncio.sleep(0)


async def person_by_id(context: WorldContext, keys: Sequence[str]) -> list[Any]:
    world = context.world
    world.called("person_by_id", keys, ())
    await _turns(world, "person_by_id", ())
    return world.loaded("person_by_id", keys, [world.people.get(key) for key in keys])


async def friends_of_person(context: WorldContext, keys: Sequence[tuple[str, ...]], first: int) -> list[Any]:
    """The people of each tuple of keys, `first` at most."""
    world = context.world
    world.called("friends_of_person", keys, (first,))
    await _turns(world, "friends_of_person", (first,))
    friends = [[world.people[name] for name in names[:first]] for names in keys]
    return world.loaded("friends_of_person", keys, friends)


async def robots_by_maker(context: WorldContext, keys: Sequence[str]) -> list[Any]:
    world = context.world
    world.called("robots_by_maker", keys, ())
    await _turns(world, "robots_by_maker", ())
    robots = [[robot for robot in world.robots if world.link("maker", robot) == key] for key in keys]
    return world.loaded("robots_by_maker", keys, robots)


LOADERS = (person_by_id, friends_of_person, robots_by_maker)
