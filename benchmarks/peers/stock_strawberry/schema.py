"""The schema: types whose edges are resolvers that ask a DataLoader.

For speed the ORM's rows are returned as they are instead of being copied into the types, which Strawberry does not mind
and mypy is told not to, and parsed and validated documents are cached.
"""

# mypy: disable-error-code="no-any-return"

import base64
import json
from collections.abc import Hashable
from datetime import datetime
from enum import Enum
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache

from benchmarks.peers.stock_strawberry import loaders, models
from benchmarks.peers.stock_strawberry.loaders import Batch, Key, Listed, Position

Row = TypeVar("Row")


class Loaders:
    """The DataLoaders of one request; each is made when it is first asked for."""

    def __init__(self) -> None:
        self._known: dict[Hashable, DataLoader[Key, Any]] = {}

    def get(self, name: Hashable, batch: Batch) -> DataLoader[Key, Any]:
        if name not in self._known:
            self._known[name] = DataLoader(load_fn=batch)
        return self._known[name]


Info: TypeAlias = strawberry.Info[dict[str, Loaders], None]


def loader(info: Info, name: Hashable, batch: Batch) -> DataLoader[Key, Any]:
    return info.context["loaders"].get(name, batch)


@strawberry.type
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class Edge(Generic[Row]):
    cursor: str
    node: Row


@strawberry.type
class Connection(Generic[Row]):
    edges: list[Edge[Row]]
    page_info: PageInfo


async def connection(info: Info, listed: Listed, parent: Key, first: int, after: str | None) -> Any:
    """A Relay connection of one parent; one row more than asked for says whether there is a next page."""
    batch = loaders.pages(listed, first + 1, decoded(listed, after))
    rows = await loader(info, (listed, first, after), batch).load(parent)
    edges = [Edge(cursor=encoded(listed, row), node=row) for row in rows[:first]]
    return Connection(
        edges=edges,
        page_info=PageInfo(has_next_page=len(rows) > first, end_cursor=edges[-1].cursor if edges else None),
    )


def encoded(listed: Listed, row: Any) -> str:
    place = [getattr(row, listed.order.key), row.id]
    return base64.urlsafe_b64encode(json.dumps(place, default=str).encode()).decode()


def decoded(listed: Listed, cursor: str | None) -> Position | None:
    if cursor is None:
        return None
    value, row_id = json.loads(base64.urlsafe_b64decode(cursor))
    return datetime.fromisoformat(value) if listed.order.key == "created_at" else value, UUID(row_id)


@strawberry.enum
class TaskStatus(Enum):
    BACKLOG = "BACKLOG"
    TODO = "TODO"
    IN_PROGRESS = "IN_PROGRESS"
    IN_REVIEW = "IN_REVIEW"
    DONE = "DONE"
    CANCELED = "CANCELED"


@strawberry.enum
class TaskPriority(Enum):
    NONE = "NONE"
    URGENT = "URGENT"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


@strawberry.type
class User:
    id: strawberry.ID
    name: str


@strawberry.type
class Task:
    id: strawberry.ID
    number: int
    title: str
    status: TaskStatus
    priority: TaskPriority
    created_at: datetime

    @strawberry.field
    async def assignee(self, root: strawberry.Parent[Any], info: Info) -> "TeamMember | None":
        if root.assignee_id is None:
            return None
        key = Key(root.organization_id, root.assignee_id)
        return await loader(info, "assignee", loaders.by_id(models.TeamMember)).load(key)

    @strawberry.field
    async def team(self, root: strawberry.Parent[Any], info: Info) -> "Team":
        return await loader(info, "team", loaders.by_id(models.Team)).load(Key(root.organization_id, root.team_id))


@strawberry.type
class TeamMember:
    id: strawberry.ID

    @strawberry.field
    async def user(self, root: strawberry.Parent[Any], info: Info) -> User:
        key = Key(root.organization_id, root.organization_member_id)
        return await loader(info, "user", loaders.users).load(key)

    @strawberry.field
    async def tasks(self, root: strawberry.Parent[Any], info: Info) -> list[Task]:
        return await loader(info, "tasks", loaders.lists(loaders.TASKS)).load(Key(root.organization_id, root.id))

    @strawberry.field
    async def task_connection(
        self, root: strawberry.Parent[Any], info: Info, first: int, after: str | None = None
    ) -> Connection[Task]:
        return await connection(info, loaders.TASKS, Key(root.organization_id, root.id), first, after)


@strawberry.type
class Team:
    id: strawberry.ID
    key: str
    name: str

    @strawberry.field
    async def members(self, root: strawberry.Parent[Any], info: Info) -> list[TeamMember]:
        return await loader(info, "members", loaders.lists(loaders.MEMBERS)).load(Key(root.organization_id, root.id))

    @strawberry.field
    async def member_connection(
        self, root: strawberry.Parent[Any], info: Info, first: int, after: str | None = None
    ) -> Connection[TeamMember]:
        return await connection(info, loaders.MEMBERS, Key(root.organization_id, root.id), first, after)


@strawberry.type
class Organization:
    id: strawberry.ID
    name: str
    slug: str

    @strawberry.field
    async def teams(self, root: strawberry.Parent[Any], info: Info) -> list[Team]:
        return await loader(info, "teams", loaders.lists(loaders.TEAMS)).load(Key(root.id, root.id))

    @strawberry.field
    async def tasks(self, root: strawberry.Parent[Any], info: Info, first: int) -> list[Task]:
        batch = loaders.pages(loaders.NEWEST_TASKS, first, None)
        return await loader(info, ("tasks", first), batch).load(Key(root.id, root.id))

    @strawberry.field
    async def team_connection(
        self, root: strawberry.Parent[Any], info: Info, first: int, after: str | None = None
    ) -> Connection[Team]:
        return await connection(info, loaders.TEAMS, Key(root.id, root.id), first, after)


@strawberry.type
class Query:
    @strawberry.field
    async def organization(self, slug: str) -> Organization | None:
        return await loaders.organization_by_slug(slug)  # type: ignore[return-value]  # as above, a row


schema = strawberry.Schema(Query, extensions=[ParserCache, ValidationCache])
