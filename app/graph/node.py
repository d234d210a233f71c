"""The interface of what has an id."""

from collections.abc import Mapping
from typing import Any, ClassVar

import strawberry
from sqlalchemy import Table

from app.db.source import Source
from app.graph.dataloader import Batch


@strawberry.interface(description="An object with an id, which `node` and `nodes` find.")
class Node:
    """The base of every noun's type, and so the list of them: `node` asks each for its rows."""

    source: ClassVar[Source]
    by_key: ClassVar[Batch]  # the row of each Key, with what the noun's policy reads
    can_read: ClassVar[Any]  # the noun's policy for looking at a row
    permissions: ClassVar[Mapping[Any, Any]] = {}  # what can be done with a live row → the policy that says who may

    id: strawberry.ID = strawberry.field(description="A UUID, unique among all objects.")

    @classmethod
    def is_type_of(cls, row: Any, _info: Any) -> bool:
        """Whether a row is one of this noun's: what tells the types behind an interface apart."""
        return isinstance(row, (cls.source.record, cls.source.reference))


def noun_named(name: str) -> type[Node]:
    """The noun whose GraphQL type has that name."""
    return next(noun for noun in Node.__subclasses__() if noun.source.typename == name)


def noun_of_table(table: Table) -> type[Node]:
    """The noun whose rows are in that table."""
    return next(noun for noun in Node.__subclasses__() if noun.source.table is table)
