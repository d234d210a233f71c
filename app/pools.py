"""Which connections a process has, and for what."""

from app import time_limits
from app.config import Settings
from app.db.engine import Database

EXPORT_CONNECTIONS = 2  # one that reads for as long as it takes, and one that keeps what was read
BACKGROUND_CONNECTIONS = 7  # one for each of its tasks: no request waits for a batch, nor a task for another


def open_pools(settings: Settings) -> dict[str, Database]:
    """The connections of a process, by what they are for."""
    return {
        "requests": Database.open(settings),
        "readiness": Database.open(settings, size=1),
        "background": Database.open(settings, time_limits.BACKGROUND, size=BACKGROUND_CONNECTIONS),
        "housekeeping": Database.open(settings, time_limits.HOUSEKEEPING, size=1),
        "exports": Database.open(settings, time_limits.BACKGROUND, size=EXPORT_CONNECTIONS),
        "metrics": Database.open(settings, time_limits.SCRAPE, size=1),
    }
