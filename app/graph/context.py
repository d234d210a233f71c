"""What resolvers and loaders share during one operation: who is calling, the transaction, the loads."""

import asyncio
from collections.abc import Hashable, Mapping
from typing import Any
from uuid import UUID

import strawberry

from app.auth.actor import Actor
from app.auth.backend import Unauthenticated
from app.db.engine import Record
from app.db.source import Source
from app.db.statement import Statement
from app.db.unit import Unit
from app.graph.batch import Batch, Batches

Asked = Mapping[str, frozenset[str]]  # GraphQL type → the columns that the operation needs of its rows


class Context:
    """One operation. `unit` is None where nobody is signed in."""

    def __init__(self, unit: Unit | None, asked: Asked) -> None:
        self.unit = unit
        self.asked = asked
        self.batches = Batches(self)

    @property
    def actor(self) -> Actor:
        """Who is calling; raises Unauthenticated."""
        if self.unit is None:
            raise Unauthenticated("Sign in first: send an `Authorization: Bearer …` header.")
        return self.unit.actor

    @property
    def organization_ids(self) -> tuple[UUID, ...]:
        """The organizations whose rows loaders may read: the second wall (the third is in the database)."""
        return self.actor.organization_ids

    def load(self, batch: Batch, key: Hashable, *arguments: Hashable) -> asyncio.Future[Any]:
        """The answer of a batch function for one key, loaded with its siblings'."""
        return self.batches.load(batch, key, *arguments)

    def columns(self, source: Source, *more: str) -> tuple[str, ...]:
        """What to select of `source`: its key, what the operation asks for, and `more`."""
        asked = self.asked.get(source.typename, frozenset())
        return tuple(sorted({"organization_id", "id", *more, *asked} & source.columns.keys()))

    async def fetch(self, statement: Statement, values: Mapping[str, Any], record: type[Record] = Record) -> list[Any]:
        """The rows of `statement`, which always knows the caller's `organization_ids`."""
        if self.unit is None:
            raise Unauthenticated("Sign in first: send an `Authorization: Bearer …` header.")
        return await self.unit.fetch(statement, {"organization_ids": self.organization_ids, **values}, record)


Info = strawberry.Info[Context, None]
