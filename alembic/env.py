"""How Alembic finds the database, as the owner of its tables, and the models it is compared with."""

import asyncio

import asyncpg
from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app.config import DATA_DIRECTORY, Settings
from app.db.concurrently import complete_half, keep_whole
from app.migrations.tables import all_tables
from app.migrations.waiting import APPLICATION
from app.postgres.embedded import borrow
from app.time_limits import CONNECT, MIGRATION_LOCK, milliseconds


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """Whether a thing of the database is Alembic's business: the indexes of the models that texts are embedded by come
    and go with those, while servers run.
    """
    return not (kind == "index" and name is not None and name.startswith("ix_embeddings_model_"))


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=all_tables(),
        compare_server_default=True,
        include_name=include_name,
        transaction_per_migration=True,  # so that one may leave its transaction, to build an index concurrently
    )
    keep_whole(context.get_context())
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_run(owner_url: str) -> None:
    async def connect() -> asyncpg.Connection:
        settings = {"lock_timeout": milliseconds(MIGRATION_LOCK), "application_name": APPLICATION}
        return await asyncpg.connect(owner_url, timeout=CONNECT, server_settings=settings)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(complete_half)
        await connection.run_sync(run)


owner_url = context.config.attributes.get("owner_url") or Settings().database_owner_url
if owner_url:
    asyncio.run(connect_and_run(owner_url))
else:
    with borrow(DATA_DIRECTORY) as addresses:
        asyncio.run(connect_and_run(addresses.owner_url))
