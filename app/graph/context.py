"""What resolvers and loaders share during one operation: who is calling, the transaction, the loads."""

from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import lru_cache
from uuid import UUID

import strawberry

from app.auth.actor import Actor
from app.auth.credentials import Unauthenticated
from app.db.record import Row
from app.db.source import Source
from app.db.statement import Parameters, Statement
from app.db.unit_of_work import Unit
from app.graph.budget import Budget
from app.graph.charge import NO_CHARGE, PLENTY, Allowance, Charge
from app.graph.dataloader import Batches, BatchOf, Value
from app.graph.embedding import EmbeddingModels

Asked = Mapping[str, frozenset[str]]  # GraphQL type → the columns that the operation needs of its rows
# Within it the operation may take so many seconds, where others would be ended.
MoreTime = Callable[[], AbstractContextManager[float]]

KEY = ("organization_id", "id")


class Context:
    """One operation. `unit` is None where nobody is signed in."""

    def __init__(  # noqa: PLR0913  # each is what the endpoint brings along
        self,
        unit: Unit | None,
        asked: Asked,
        *,
        retention: timedelta,
        request_id: str | None = None,
        invitation_url: str | None = None,
        models: EmbeddingModels | None = None,
        charge: Charge = NO_CHARGE,
        allowance: Allowance = PLENTY,
        budget: Budget | None = None,
        more_time: MoreTime | None = None,
    ) -> None:
        self.unit = unit
        self.models = models  # None where nothing is found by meaning
        self.retention = retention  # how long what is deleted can be restored
        self.request_id = request_id
        self.invitation_url = invitation_url  # where the front end takes invitations
        self.charge = charge
        self.allowance = allowance
        self.budget = budget or Budget()  # without one there is no limit
        self.more_time = more_time  # None where there is no more for anything
        self.asked = asked
        self.batches = Batches(self)
        self.one_by_one: Counter[str] = Counter()  # field → how often graphql-core completed it

    def note_one_by_one(self, field: str, rows: int) -> None:
        self.one_by_one[field] += rows

    @property
    def actor(self) -> Actor:
        """Who is calling; raises Unauthenticated."""
        return self.signed_in.actor

    @property
    def signed_in(self) -> Unit:
        """The transaction; raises Unauthenticated where there is none, as nobody is signed in."""
        if self.unit is None:
            raise Unauthenticated("Sign in first: send an `Authorization: Bearer …` header.")
        return self.unit

    @property
    def organization_ids(self) -> tuple[UUID, ...]:
        """The organizations whose rows loaders may read: the second wall (the third is in the database)."""
        return self.actor.organization_ids

    def load(self, batch: BatchOf[Value], key: Hashable, *arguments: Hashable) -> Awaitable[Value]:
        """The answer of a batch function for one key, loaded with its siblings'."""
        return self.batches.load(batch, key, *arguments)

    def load_many(
        self, batch: BatchOf[Value], keys: Sequence[Hashable], *arguments: Hashable
    ) -> Awaitable[list[Value]]:
        """The answers for some keys, in their order; None for a key that is None."""
        return self.batches.load_many(batch, keys, *arguments)

    async def reload(self, batch: BatchOf[Value], key: Hashable) -> Value:
        """The answer for a key as it is now, after a write."""
        self.batches.clear()
        return await self.load(batch, key)

    def columns(self, source: Source, *more: str) -> tuple[str, ...]:
        """What to select of `source`: what the operation asks for, and `more`."""
        return _columns(source, self.asked.get(source.typename, frozenset()), more)

    def asks_for_keys(self, source: Source) -> bool:
        """Whether the operation asks for nothing of the rows of `source` but what they are found by."""
        return len(self.columns(source, *KEY)) == len(KEY)

    async def fetch(self, statement: Statement[Row], values: Parameters, /) -> list[Row]:
        """The rows of `statement`, which always knows the caller's `actor_id` and `organization_ids`."""
        caller = {"actor_id": self.actor.id, "organization_ids": self.organization_ids}
        return await self.signed_in.fetch(statement, {**caller, **values})


@lru_cache(1000)
def _columns(source: Source, asked: frozenset[str], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*more, *asked} & source.columns.keys()))


Info = strawberry.Info[Context, None]
