"""`trellis purge`: what is past its time goes for good."""

import asyncio
from collections import Counter

import app.schema  # noqa: F401  # every noun: what lies under a row is read off the tables that are known
from app import time_limits
from app.config import DATA_DIRECTORY
from app.db.engine import Database
from app.purging.purge_job import purge_due
from app.terminal.database import explained, reach_database
from app.terminal.environment import read_settings
from app.terminal.options import DataOption
from app.terminal.say import say


def purge(data: DataOption = DATA_DIRECTORY) -> None:
    """Remove for good what is past its time: in the trash, answers kept for retries, files of exports.

    The server does it once an hour by itself. Both can run at once: it goes in small batches.
    """
    with reach_database(data) as url, explained():
        purged = asyncio.run(_purge(url))
    kinds = ", ".join(f"{amount:,} {kind.replace('_', ' ')}" for kind, amount in sorted(purged.items()) if amount)
    say(f"Purged {kinds}." if kinds else "Nothing is past its time.")


async def _purge(url: str) -> Counter[str]:
    database = Database.open(read_settings(database_url=url), time_limits.BACKGROUND)
    try:
        return await purge_due(database)
    finally:
        await database.close()
