"""Statistics of tables that have just been filled: PostgreSQL plans by them, and autovacuum comes within a minute."""

import logging
from typing import TypeAlias

import asyncpg

from app.db.engine import LOST, Connection
from app.log import named

logger = logging.getLogger("trellis")

AnyConnection: TypeAlias = "Connection | asyncpg.Connection[asyncpg.Record]"


async def analyze(connection: AnyConnection) -> None:
    """Refreshes the statistics of all tables of which a tenth is new, outside of any transaction.

    It waits for no lock, and leaves it at a line in the log where it fails: the work that filled them is done.
    """
    try:
        await connection.execute("SELECT pg_stat_force_next_flush()")  # what this session wrote is counted now
        await connection.execute("SELECT trellis_analyze()")
    except (*LOST, asyncpg.PostgresError) as error:
        logger.warning("statistics of the tables could not be refreshed: %s", named(error))
