"""The PostgreSQL that everybody reads from, filled by dataset.sql."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg

from app.migrations.migrate import migrate
from app.postgres import embedded
from app.postgres.server import PORT, Addresses

READER = "reader"  # the subject of the one person who may read all that is asked for
ROWS = Path(__file__).with_name("dataset.sql")

# PostgreSQL's just-in-time compiler costs more than any of these statements takes. Our server switches it off for
# itself, so it is off for everybody.
SETTLE = ("ALTER DATABASE trellis SET jit = off", "VACUUM ANALYZE", "CHECKPOINT")


@dataclass(frozen=True)
class Dataset:
    """Where the rows are: as the server's role sees them, as a superuser does, and the file PostgreSQL logs to."""

    addresses: Addresses
    log: Path

    @property
    def environment(self) -> dict[str, str]:
        """What drivers connect with when they are told nothing: the superuser, whom row-level security does not see."""
        return {
            "PGHOST": str(self.addresses.socket_directory),
            "PGPORT": str(PORT),
            "PGUSER": "postgres",
            "PGDATABASE": "trellis",
        }


@contextmanager
def served() -> Iterator[Dataset]:
    """A PostgreSQL of its own with all rows in it, for the time of the block; ten seconds to make."""
    with (
        TemporaryDirectory(prefix="trellis-benchmark-") as directory,
        embedded.run(Path(directory), durable=False) as addresses,
    ):
        migrate(addresses.owner_url, addresses.runtime_url)
        asyncio.run(_fill(addresses.superuser_url))
        yield Dataset(addresses, Path(directory) / "postgres.log")


async def _fill(superuser_url: str) -> None:
    connection = await asyncpg.connect(superuser_url)
    try:
        for statement in (ROWS.read_text(), *SETTLE):
            await connection.execute(statement)
    finally:
        await connection.close()
