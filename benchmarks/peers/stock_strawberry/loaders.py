"""The batches behind the DataLoaders: many keys in, one statement, answers in the order of the keys."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import aliased

from benchmarks.peers.stock_strawberry.models import (
    Organization,
    OrganizationMember,
    Owned,
    Task,
    Team,
    TeamMember,
    User,
)

# asyncpg reads PGHOST and so on. As many connections as every contender has.
engine = create_async_engine("postgresql+asyncpg://", pool_size=10, max_overflow=0)
sessions = async_sessionmaker(engine, expire_on_commit=False)


class Key(NamedTuple):
    """The primary key of a row."""

    organization_id: UUID
    id: UUID


Batch: TypeAlias = Callable[[list[Key]], Awaitable[list[Any]]]
Position: TypeAlias = tuple[str | datetime, UUID]  # of a row in its list


class Listed(NamedTuple):
    """A list of rows: the column that holds its parent's id, and the one that it is ordered by."""

    model: type[Owned]
    parent: Any
    order: Any
    descending: bool = False

    @property
    def ordering(self) -> tuple[Any, Any]:
        last: Any = self.model.id
        return (self.order.desc(), last.desc()) if self.descending else (self.order, last)


TEAMS = Listed(Team, Team.organization_id, Team.name)
MEMBERS = Listed(TeamMember, TeamMember.team_id, TeamMember.created_at)
TASKS = Listed(Task, Task.assignee_id, Task.created_at, descending=True)
NEWEST_TASKS = Listed(Task, Task.organization_id, Task.created_at, descending=True)


async def organization_by_slug(slug: str) -> Organization | None:
    async with sessions() as session:
        found = select(Organization).where(Organization.slug == slug, Organization.deleted_at.is_(None))
        return await session.scalar(found)


async def users(members: Sequence[Key]) -> list[User]:
    """The person behind each membership of an organization."""
    statement = select(OrganizationMember.id, User).join(User, User.id == OrganizationMember.user_id)
    async with sessions() as session:
        rows = await session.execute(statement.where(*_among(OrganizationMember, OrganizationMember.id, members)))
        found = {row.id: row.User for row in rows}
    return [found[member.id] for member in members]


def by_id(model: type[Owned]) -> Batch:
    """The row of each key."""

    async def load(keys: Sequence[Key]) -> list[Any]:
        async with sessions() as session:
            rows = await session.scalars(select(model).where(*_among(model, model.id, keys)))
            found = {row.id: row for row in rows}
        return [found.get(key.id) for key in keys]

    return load


def lists(listed: Listed) -> Batch:
    """All live rows of each parent."""

    async def load(parents: Sequence[Key]) -> list[Any]:
        statement = select(listed.model).where(*_live(listed, parents)).order_by(*listed.ordering)
        return await _dealt(statement, listed, parents)

    return load


def pages(listed: Listed, first: int, after: Position | None) -> Batch:
    """The first live rows of each parent, behind a place in the list where one is given."""

    async def load(parents: Sequence[Key]) -> list[Any]:
        place = func.row_number().over(partition_by=listed.parent, order_by=listed.ordering).label("place")
        ranked = select(listed.model, place).where(*_live(listed, parents), *_behind(listed, after)).subquery()
        statement = select(aliased(listed.model, ranked)).where(ranked.c.place <= first).order_by(ranked.c.place)
        return await _dealt(statement, listed, parents)

    return load


def _among(model: type[Owned], column: Any, keys: Sequence[Key]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    organization_ids = {key.organization_id for key in keys}
    return model.organization_id.in_(organization_ids), column.in_([key.id for key in keys])


def _live(listed: Listed, parents: Sequence[Key]) -> tuple[ColumnElement[bool], ...]:
    return *_among(listed.model, listed.parent, parents), listed.model.deleted_at.is_(None)


def _behind(listed: Listed, after: Position | None) -> tuple[ColumnElement[bool], ...]:
    if after is None:
        return ()
    here = tuple_(listed.order, listed.model.id)
    return (here < after if listed.descending else here > after,)


async def _dealt(statement: Select[Any], listed: Listed, parents: Sequence[Key]) -> list[Any]:
    hands: dict[UUID, list[Any]] = {parent.id: [] for parent in parents}
    async with sessions() as session:
        for row in await session.scalars(statement):
            hands[getattr(row, listed.parent.key)].append(row)
    return [hands[parent.id] for parent in parents]
