"""How Alembic finds the database, as the owner of its tables, and the models it is compared with."""

import asyncio
from importlib import import_module
from pathlib import Path

import asyncpg
from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

import app
from app.config import DATA_DIRECTORY, Settings
from app.db.embedded import borrow

# Without it, a migration that waits for a long transaction makes everybody else wait behind itself.
LOCK_TIMEOUT = "5s"


def import_models() -> None:
    """A table is known to the metadata once its module has been imported; a new domain needs no line here."""
    for path in Path(app.__path__[0]).glob("*/models.py"):
        import_module(f"app.{path.parent.name}.models")


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        compare_server_default=True,
        transaction_per_migration=True,  # so that one may leave its transaction, to build an index concurrently
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_run(owner_url: str) -> None:
    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(owner_url, server_settings={"lock_timeout": LOCK_TIMEOUT})

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)


import_models()
owner_url = context.config.attributes.get("owner_url") or Settings().database_owner_url
if owner_url:
    asyncio.run(connect_and_run(owner_url))
else:
    with borrow(DATA_DIRECTORY) as addresses:
        asyncio.run(connect_and_run(addresses.owner_url))
