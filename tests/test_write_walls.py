"""Writes of a stranger: policies, scoped loaders and row-level security each stop them all by itself."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tests.actions import ACTIONS, document, make_target
from tests.api import Api
from tests.factories import make_tenant
from tests.unchanged import unchanged
from tests.walls import Servers, both_served, fell_loaders, fell_policies

# Whoever makes an organization harms nobody, and a team needs its maker's own membership in any case.
# Nor does whoever changes their own profile. Whose an invitation is, and who owns the organization that somebody is
# erased from, the database judges in any case.
HARMLESS = {"createOrganization", "createTeam", "updateProfile", "acceptInvitation", "declineInvitation", "eraseUser"}


@pytest.fixture
async def servers(new_database: Callable[..., Awaitable[Any]]) -> AsyncIterator[Servers]:
    async with both_served(new_database) as both:
        yield both


async def harmful(servers: Servers, api: Api, monkeypatch: pytest.MonkeyPatch, *, scoped: bool) -> list[str]:
    """The mutations by which a stranger changes anything of a tenant that is made for each of them."""
    found = []
    for name in ACTIONS:
        stranger = await make_tenant(servers.superuser)
        tenant = await make_target(servers.superuser)
        with monkeypatch.context() as felled:
            if not scoped:
                fell_loaders(felled, tenant.id, stranger.id)
            if ACTIONS[name].before:
                await api.data(document(ACTIONS[name].before, tenant), who=tenant.owner)
            deletion = await servers.superuser.fetchval(
                "SELECT id FROM deletions WHERE organization_id = $1", tenant.id
            )
            try:
                async with unchanged(servers.superuser, tenant):
                    await api.ask(document(ACTIONS[name].field, tenant, deletion=deletion), who=stranger.owner)
            except AssertionError:
                found.append(name)
    return found


async def test_all_walls_down_each_mutation_does_harm(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the three tests below would find if a wall did not hold."""
    fell_policies(monkeypatch)
    assert await harmful(servers, servers.free, monkeypatch, scoped=False) == [
        name for name in ACTIONS if name not in HARMLESS
    ]


async def test_row_level_security_alone_holds(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    fell_policies(monkeypatch)
    assert await harmful(servers, servers.held, monkeypatch, scoped=False) == []


async def test_scoped_loaders_alone_hold(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    fell_policies(monkeypatch)
    assert await harmful(servers, servers.free, monkeypatch, scoped=True) == []


async def test_policies_alone_hold(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await harmful(servers, servers.free, monkeypatch, scoped=False) == []
