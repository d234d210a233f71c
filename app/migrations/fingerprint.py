"""What the tables of the newest revision are, thing by thing, and in what a database is not so: `make schema`."""

import asyncio
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import asyncpg

from app.db.schema_objects import OBJECTS
from app.migrations.migrate import migrate
from app.postgres import embedded

EXPECTED = Path(__file__).with_suffix(".txt")  # a line for each thing, so that two branches can each add theirs
Things: TypeAlias = Mapping[str, str]  # kind and name → the hash of what it is

# What else there is of these kinds on a table of Trellis changes what can be read or written there. Indexes, tables and
# functions that Trellis does not know are the operator's own.
CLOSED = ("column", "constraint", "policy", "trigger")


async def things(connection: "asyncpg.Connection[Any]") -> dict[str, str]:
    """What the database at hand consists of. Any role may look."""
    rows = await connection.fetch(OBJECTS)
    return {f"{row['kind']} {row['name']}": sha256(row["definition"].encode()).hexdigest()[:16] for row in rows}


def expected() -> dict[str, str]:
    """What a database consists of that the migrations of this version have made."""
    lines = EXPECTED.read_text().splitlines()
    return {thing: digest for digest, _, thing in (line.partition(" ") for line in lines)}


def differences(found: Things, wanted: Things) -> list[str]:
    """Each thing that is not as it should be, in words."""
    tables = {name.partition(" ")[2] for name in wanted if name.startswith("table ")}
    missing = [f"The {thing} is missing" for thing in wanted if thing not in found]
    changed = [f"The {thing} is another" for thing in wanted if thing in found and found[thing] != wanted[thing]]
    added = [f"The {thing} is not Trellis's" for thing in found if thing not in wanted and _closed(thing, tables)]
    return sorted(missing + changed + added)


def _closed(thing: str, tables: set[str]) -> bool:
    kind, _, name = thing.partition(" ")
    return kind in CLOSED and name.partition(".")[0] in tables


def write(found: Things) -> str:
    """The text of EXPECTED."""
    return "".join(f"{digest} {thing}\n" for thing, digest in sorted(found.items()))


async def _things_at(url: str) -> dict[str, str]:
    connection = await asyncpg.connect(url)
    try:
        return await things(connection)
    finally:
        await connection.close()


if __name__ == "__main__":
    with TemporaryDirectory(prefix="trellis-schema-") as folder, embedded.run(Path(folder), durable=False) as addresses:
        migrate(addresses.owner_url, addresses.runtime_url)
        EXPECTED.write_text(write(asyncio.run(_things_at(addresses.runtime_url))))
    sys.stderr.write(f"wrote {EXPECTED}\n")
