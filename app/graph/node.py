"""The interface of what has an id."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, ClassVar

import strawberry
from sqlalchemy import Table

from app.auth.guards import Policy
from app.db.record import Record
from app.db.source import Source
from app.graph.dataloader import BatchOf


@strawberry.interface(description="An object with an id, which `node` and `nodes` find.")
class Node:
    """The base of every noun's type, and so the list of them: `node` asks each for its rows."""

    source: ClassVar[Source[Any]]
    by_key: ClassVar[BatchOf[Record | None]]  # the row of each Key, with what the noun's policy reads
    can_read: ClassVar[Policy]
    can_restore: ClassVar[Policy]  # of what can be deleted: told what the actor is, or was, in the row's team
    permissions: ClassVar[Mapping[Enum, Policy]] = {}  # what can be done with a live row → the policy that says who may

    id: strawberry.ID = strawberry.field(description="A UUID, unique among all objects.")

    @classmethod
    def is_type_of(cls, row: object, _info: object) -> bool:
        """Whether a row is one of this noun's: what tells the types behind an interface apart."""
        return isinstance(row, (cls.source.record, cls.source.reference))


def noun_named(name: str) -> type[Node]:
    """The noun whose GraphQL type has that name."""
    return next(noun for noun in Node.__subclasses__() if noun.source.typename == name)


def noun_of_table(table: Table) -> type[Node]:
    """The noun whose rows are in that table."""
    return next(noun for noun in Node.__subclasses__() if noun.source.table is table)
