"""The three walls around a tenant, to be taken down one by one: policies, scoped loaders, row-level security."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from inspect import isfunction
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from pydantic import SecretStr

from app.config import Settings
from app.graph.context import Context
from app.graph.node import Node
from tests.api import SECRET, Api, serving


@dataclass
class Servers:
    """Two applications over a database of its own: row-level security holds the one and spares the other."""

    superuser: "asyncpg.Connection[Any]"
    held: Api
    free: Api


@asynccontextmanager
async def both_served(new_database: Callable[..., Awaitable[Any]]) -> AsyncIterator[Servers]:
    made = await new_database()
    role = f"bypass_{made.name}"
    superuser = await asyncpg.connect(made.superuser_url)
    await superuser.execute(f"CREATE ROLE {role} LOGIN BYPASSRLS IN ROLE trellis_runtime")
    bypassing = made.addresses.url(role, made.name)
    try:
        async with serving(settings(made.runtime_url)) as held, serving(settings(bypassing)) as free:
            yield Servers(superuser, held, free)
    finally:
        await superuser.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
        await superuser.close()


def settings(url: str) -> Settings:
    """Without the limits, which would refuse the widest questions before any wall is asked."""
    wide: dict[str, Any] = {
        "max_depth": 100,
        "max_tokens": 100_000,
        "max_source": 1_000_000,
        "max_requested": 10**9,
        "max_loaded": 10**9,
        "max_aliases": 10_000,
        "request_timeout": 300.0,
        "max_same_fields": 10**9,
    }
    return Settings(database_url=url, jwt_secret=SecretStr(SECRET), **wide)


def fell_policies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every policy, wherever it was imported to, says yes."""
    modules = [module for name, module in sys.modules.items() if name.startswith("app.")]
    for module in modules:
        for name, value in list(vars(module).items()):
            if isfunction(value) and value.__module__.endswith(".policies"):
                monkeypatch.setattr(module, name, yes)
    for noun in Node.__subclasses__():
        for name in ("can_read", "can_restore"):
            if hasattr(noun, name):
                monkeypatch.setattr(noun, name, staticmethod(yes))


def yes(*_given: Any) -> bool:
    return True


def fell_loaders(monkeypatch: pytest.MonkeyPatch, *organizations: UUID) -> None:
    """Every statement may read every organization."""
    monkeypatch.setattr(Context, "organization_ids", property(lambda _self: organizations))
