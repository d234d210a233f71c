"""A schema with every kind of field that Strawberry and this project know, over a made-up world."""

import asyncio
from collections.abc import Generator
from datetime import datetime
from typing import Annotated, Any, NewType

import strawberry
from strawberry.schema.config import StrawberryConfig

from app.graph.fields import leaf
from app.graph.scalars import SCALARS
from tests.execution.sameness import loaders
from tests.execution.sameness.levels import argument, befriended, count, edge, linked, made, made_and_none
from tests.execution.sameness.world import Color, PersonRow, RobotRow, Size, WorldContext

Info = strawberry.Info[WorldContext, None]
Tint = NewType("Tint", int)
Anything = NewType("Anything", object)


def show_tint(value: Any) -> str | None:
    """A scalar that refuses some values, and shows nothing for others."""
    if not isinstance(value, int):
        raise TypeError("A tint is a number.")
    return f"#{value:06x}" if value % 5 else None


class Promise:
    """A person who is still to be loaded; may be awaited or not."""

    def __init__(self, context: WorldContext, key: str) -> None:
        self.context = context
        self.key = key

    def __await__(self) -> Generator[Any, None, Any]:
        return self._loaded().__await__()

    async def _loaded(self) -> Any:
        return await self.context.load(loaders.person_by_id, self.key)


@strawberry.input
class Wish:
    least: int | None = None
    colors: list[Color] = strawberry.field(default_factory=list)
    inner: "Wish | None" = None


FRIENDS = [argument("first", int, 2), argument("wish", Wish | None, strawberry.UNSET)]


@strawberry.type
class Parcel:
    """No interface, so that nothing tells what is not one."""

    weight: int
    owner_name: str | None

    @strawberry.field
    def heavier(self, than: int) -> bool:
        return self.weight > than


@strawberry.interface
class Thing:
    id: strawberry.ID
    name: str

    @strawberry.field
    def place(self, info: Info) -> str:
        """Where in the answer this is."""
        return ".".join(map(str, info.path.as_list()))


@strawberry.type
class Person(Thing):
    @classmethod
    def is_type_of(cls, row: Any, _info: Any) -> bool:
        return isinstance(row, PersonRow)

    nickname: str | None
    age: int | None
    height: float | None
    awake: bool
    color: Color
    size: Size | None
    tint: Tint | None
    extra: Anything
    born: datetime | None
    words: list[str]
    grid: list[list[int | None] | None] | None
    parcel: Parcel | None
    parcels: list[Parcel]
    best: "Person | None" = edge("Person.best", linked)
    twin: "Person" = edge("Person.twin", linked)
    admired: Thing | None = edge("Person.admired", linked)
    friends: list["Person"] = edge("Person.friends", befriended, arguments=FRIENDS)
    foes: list["Person | None"] | None = edge("Person.foes", befriended, arguments=FRIENDS)
    robots: list["Robot"] = edge("Person.robots", made)
    shelves: list[list["Robot | None"] | None] = edge("Person.shelves", made_and_none)
    letters: int = edge("Person.letters", count, arguments=[argument("plus", int | None, strawberry.UNSET)])

    @strawberry.field
    def greeting(self, info: Info, word: str = "hello") -> str:
        return info.context.world.spoil("Person.greeting", self, f"{word} {self.id}")  # type: ignore[no-any-return]

    @strawberry.field
    async def mood(self, info: Info, than: Color | None = None) -> Color | None:
        for _ in range(info.context.world.number("mood", self.id) % 3):
            await asyncio.sleep(0)
        return info.context.world.spoil("Person.mood", self, than)  # type: ignore[no-any-return]

    @strawberry.field
    async def rival(self, info: Info) -> "Person | None":
        key = info.context.world.link("rival", self)
        row = None if key is None else await info.context.load(loaders.person_by_id, key)
        return info.context.world.spoil("Person.rival", self, row)  # type: ignore[no-any-return]

    @strawberry.field
    def box(self, info: Info) -> Parcel:
        return info.context.world.spoil("Person.box", self, Parcel(weight=3, owner_name=None))  # type: ignore[no-any-return]

    @strawberry.field
    def crowd(self, info: Info) -> list["Owner | None"]:
        """A list of several kinds, of rows that are there and rows that are still to come."""
        rows: Any = [self, *info.context.world.robots, None, Promise(info.context, "p0")]
        return info.context.world.spoil("Person.crowd", self, rows)  # type: ignore[no-any-return]

    @strawberry.field
    def queue(self, info: Info) -> list["Person"]:
        """What is iterable, but not a list."""
        rows: Any = (row for row in info.context.world.people.values())
        return info.context.world.spoil("Person.queue", self, rows)  # type: ignore[no-any-return]

    @strawberry.field
    def promises(self, info: Info) -> list["Person | None"]:
        rows: Any = [Promise(info.context, key) for key in ("p0", "p1")]
        return info.context.world.spoil("Person.promises", self, rows)  # type: ignore[no-any-return]


@strawberry.type
class Robot(Thing):
    @classmethod
    def is_type_of(cls, row: Any, _info: Any) -> bool:
        return isinstance(row, RobotRow)

    power: int | None
    charge: float | None
    size: Size | None
    tags: list[str]
    built: datetime | None
    maker: Person | None = edge("Robot.maker", linked)
    kin: Person = edge("Robot.kin", linked)


Owner = Annotated[Person | Robot, strawberry.union("Owner")]


@strawberry.type
class Query:
    @strawberry.field
    async def person(self, info: Info, id: strawberry.ID) -> Person | None:  # noqa: A002  # its name in the schema
        return await info.context.load(loaders.person_by_id, id)

    @strawberry.field
    def people(self, info: Info) -> list[Person]:
        return list(info.context.world.people.values())  # type: ignore[arg-type]  # rows stand for objects

    @strawberry.field
    def robots(self, info: Info) -> list[Robot | None] | None:
        return info.context.world.robots

    @strawberry.field
    async def things(self, info: Info) -> list[Thing | None]:
        await asyncio.sleep(0)
        return [*info.context.world.people.values(), *info.context.world.robots]

    @strawberry.field
    def owner(self, info: Info, person: bool) -> Owner | None:
        rows: Any = info.context.world.people.values() if person else info.context.world.robots
        return next(iter(rows), None)

    @strawberry.field
    def query(self) -> "Query":
        return Query()

    linked: Person | None = edge("Query.linked", linked)


schema = strawberry.Schema(
    query=Query,
    config=StrawberryConfig(
        default_resolver=leaf,
        scalar_map={
            **SCALARS,
            Tint: strawberry.scalar(name="Tint", serialize=show_tint),
            Anything: strawberry.scalar(name="Anything", serialize=lambda value: value),
        },
    ),
)
graphql_schema = schema._schema
