"""A world made for one answer: rows, what they lead to, and what is wrong with some of them."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from types import SimpleNamespace
from typing import Any, ClassVar
from zlib import crc32

import strawberry
from graphql import Undefined
from sqlalchemy import ARRAY, BigInteger, Column, DateTime, Float, Text, Uuid

from app.db.record import Record
from app.graph.context import Context
from tests.execution.sameness.answers import Call

BORN = datetime(2026, 2, 3, tzinfo=UTC)


@strawberry.enum
class Color(Enum):
    """Its names are not its values."""

    RED = "r"
    GREEN = "g"


@strawberry.enum
class Size(Enum):
    SMALL = "SMALL"
    LARGE = "LARGE"


class Broken(Exception):
    """What a faulty resolver or loader raises."""


class PersonRow(SimpleNamespace):
    """A row with attributes of its own."""


class RobotRow(Record):
    """A row of PostgreSQL, as test_sameness selects them."""

    typename = "Robot"
    selected = ("id", "name", "power", "charge", "size", "tags", "built")
    columns: ClassVar = {
        "id": Column(Uuid, nullable=False),
        "name": Column(Text),
        "power": Column(BigInteger),
        "charge": Column(Float),
        "size": Column(Text),
        "tags": Column(ARRAY(Text), nullable=False),
        "built": Column(DateTime(timezone=True)),
    }


class Kind(Enum):
    """What a fault does to the values that it meets."""

    RAISE = "raise"
    NONE = "none"
    ERROR = "error"  # an exception that is returned, not raised
    WRONG = "wrong"  # something of another kind
    UNDEFINED = "undefined"
    ONCE = "once"  # a loader raises, but only in its first call
    SHORT = "short"  # a loader answers one key too few


@dataclass(frozen=True)
class Fault:
    kind: Kind
    every: int  # hits one row in so many


@dataclass(frozen=True)
class Plot:
    """What a world is made by."""

    seed: int
    size: int  # rows of each kind
    faults: dict[str, Fault]  # of fields, as "Type.field", and of loaders by their names


@dataclass
class World:
    """Made anew for each answer: nothing that one executor does to a row can reach the other."""

    plot: Plot
    robots: list[Any]
    calls: list[Call] = field(default_factory=list)
    people: dict[str, PersonRow] = field(init=False)

    def __post_init__(self) -> None:
        names = [f"p{number}" for number in range(self.plot.size)]
        self.people = {name: self._person(name) for name in names}

    def number(self, *about: object) -> int:
        """A number that depends on nothing but the plot and `about`."""
        return crc32(repr((self.plot.seed, *about)).encode())

    def hits(self, name: str, *about: object) -> Kind | None:
        """What is wrong with the field or loader of that name, for one row."""
        fault = self.plot.faults.get(name)
        return fault.kind if fault and self.number("fault", name, *about) % fault.every == 0 else None

    def spoil(self, name: str, row: Any, value: Any) -> Any:
        """`value`, or what a fault makes of it; may raise Broken."""
        about = str(getattr(row, "id", row))
        return self._spoilt(self.hits(name, about), f"{name} of {about}", value)

    def _spoilt(self, kind: Kind | None, about: str, value: Any) -> Any:
        if kind is Kind.RAISE:
            raise Broken(about)
        if kind is Kind.WRONG:
            others = [
                7,
                True,
                2.5,
                float("nan"),
                2**40,
                "text",
                "r",
                b"bytes",
                [],
                [value],
                (value,),
                {},
                Color.RED,
                value,
            ]
            return others[self.number("other", about) % len(others)]
        made = {Kind.NONE: None, Kind.ERROR: Broken(about), Kind.UNDEFINED: Undefined}
        return value if kind is None else made.get(kind, value)

    def _person(self, name: str) -> PersonRow:
        number = self.number("person", name)
        columns: dict[str, Any] = {
            "name": f"Person {name}",
            "nickname": None if number % 2 else name.upper(),
            "age": number % 90,
            "height": number % 200 / 100,
            "awake": number % 3 == 0,
            "color": (Color.RED, Color.GREEN, "g")[number % 3],
            "size": Size.LARGE if number % 5 else "SMALL",
            "tint": number % 2**24,
            "extra": {"of": [number, None]},
            "born": BORN,
            "words": ["a", "b"][: number % 3],
            "grid": [[1, None], [], None][: number % 4],
            "parcel": None if number % 4 == 0 else SimpleNamespace(weight=number % 9, owner_name=name),
            "parcels": [SimpleNamespace(weight=weight, owner_name=None) for weight in range(number % 3)],
        }
        row = PersonRow(id=name)
        for column, value in columns.items():
            try:
                setattr(row, column, self.spoil(f"Person.{column}", row, value))
            except Broken:
                continue  # a column that is missing
        return row

    def link(self, name: str, row: Any) -> str | None:
        """The key of the person that a row leads to."""
        number = self.number("link", name, str(getattr(row, "id", None)))
        return None if number % 4 == 0 else f"p{number % (self.plot.size + 1)}"  # the last one does not exist

    def links(self, name: str, row: Any, amount: int) -> tuple[str, ...]:
        numbers = (self.number("links", name, str(row.id), place) for place in range(amount))
        return tuple(f"p{number % self.plot.size}" for number in numbers)

    def called(self, name: str, keys: Sequence[Hashable], arguments: tuple[Hashable, ...]) -> None:
        """Notes a call of a loader; raises Broken where it is faulty as a whole."""
        self.calls.append((name, arguments, tuple(keys)))
        kind = self.hits(name, arguments)
        if kind is Kind.RAISE or (kind is Kind.ONCE and [call[0] for call in self.calls].count(name) == 1):
            raise Broken(f"{name} {arguments}")

    def loaded(self, name: str, keys: Sequence[Hashable], answers: list[Any]) -> list[Any]:
        """The answers of a loader, as its faults leave them."""
        fault = self.plot.faults.get(name)
        if fault is None or fault.kind in (Kind.RAISE, Kind.ONCE):
            return answers
        if fault.kind is Kind.SHORT:
            return answers[:-1] if self.hits(name, "short") else answers
        return [
            self._spoilt(self.hits(name, key), f"{name} of {key}", one) for key, one in zip(keys, answers, strict=True)
        ]


class WorldContext(Context):
    """The context of an operation in a world."""

    def __init__(self, world: World) -> None:
        super().__init__(None, {}, retention=timedelta(days=30))
        self.world = world
        self.calls = world.calls
