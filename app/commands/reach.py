"""The database that a command writes to, as the server's role."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.commands.environment import read_settings
from app.db import embedded
from app.db.migrate import migrate


@contextmanager
def reach_database(data: Path) -> Iterator[str]:
    """The URL of the database that the environment names, or of the embedded one, brought up to date."""
    settings = read_settings()
    if settings.database_url:
        yield settings.database_url
        return
    with embedded.borrow(data) as addresses:
        migrate(addresses.owner_url, addresses.runtime_url)
        yield addresses.runtime_url
