"""Policies, scoped loaders, row-level security: any two of these walls can fall, and the third stops a stranger."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from app.users.models import NOBODY
from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.probes import Victim, differences, make_victim, shown
from tests.walk import inputs
from tests.walls import both_served, fell_loaders, fell_policies

ROOTS = [one for one in inputs() if one.parent == "Query"]


@dataclass
class World:
    """A victim and a stranger; `free` is an application that row-level security spares."""

    superuser: "asyncpg.Connection[Any]"
    held: Api
    free: Api
    victim: Victim
    stranger: Tenant

    async def leaks(self, api: Api) -> list[str]:
        """What the stranger learns of the victim: by each input of the roots, and from their own lists."""
        found = await differences(api, self.stranger.owner, self.stranger, self.victim, ROOTS)
        answer = await shown(api, self.stranger.owner)
        counts = await api.data(COUNTS, who=self.stranger.owner)
        return [
            *found,
            *(["a list"] if self.victim.shown_in(answer) else []),
            *(["a count"] if counts != {"viewer": OWN, "organizations": ONE} else []),
        ]


COUNTS = """{ organizations { totalCount }
    viewer { organizations { totalCount } teams { totalCount } tasks { totalCount } } }"""
ONE, TWO = {"totalCount": 1}, {"totalCount": 2}
OWN = {"organizations": ONE, "teams": ONE, "tasks": TWO}


@pytest.fixture
async def world(new_database: Callable[..., Awaitable[Any]]) -> AsyncIterator[World]:
    async with both_served(new_database) as servers:
        superuser = servers.superuser
        victim, stranger = await make_victim(superuser), await make_tenant(superuser, members=2, tasks=2, documents=2)
        yield World(superuser, servers.held, servers.free, victim, stranger)


async def test_all_walls_down_shows_everything(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the three tests below would look like if a wall did not hold."""
    fell_policies(monkeypatch)
    fell_loaders(monkeypatch, world.victim.tenant.id, world.stranger.id)
    found = {one.split(":")[0] for one in await world.leaks(world.free)}
    assert {
        "Query.node.id",
        "Query.nodes.ids",
        "Query.organization.by.id",
        "Query.organization.by.slug",
        "Query.team.id",
        "Query.task.by.id",
        "Query.document.id",
        "Query.task.by.key.organizationSlug",
        "a list",
    } <= found


async def test_row_level_security_alone_holds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fell_policies(monkeypatch)
    fell_loaders(monkeypatch, world.victim.tenant.id, world.stranger.id)
    assert await world.leaks(world.held) == []


async def test_scoped_loaders_alone_hold(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fell_policies(monkeypatch)
    assert await world.leaks(world.free) == []


async def test_policies_alone_hold(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fell_loaders(monkeypatch, world.victim.tenant.id, world.stranger.id)
    assert await world.leaks(world.free) == []


async def test_scoped_loaders_ask_nothing_about_a_creator_from_outside(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fell_policies(monkeypatch)
    await world.superuser.execute(
        "UPDATE tasks SET creator_id = $1 WHERE organization_id = $2", world.victim.tenant.users[0], world.stranger.id
    )
    data = await world.free.data(
        "query ($id: ID!, $filter: TaskFilter) { team(id: $id) { tasks { nodes { creator { id } } }"
        " found: tasks(filter: $filter) { totalCount } } }",
        who=world.stranger.owner,
        id=str(world.stranger.teams[0]),
        filter={"creator": {"email": {"contains": world.victim.secret}}},
    )
    assert data["team"]["found"] == {"totalCount": 0}
    assert data["team"]["tasks"]["nodes"] == [{"creator": {"id": str(NOBODY)}}] * 4
