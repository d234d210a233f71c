"""The text of an export: a first line that says what it is, what is exported, and a last line that proves it whole."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from hashlib import sha256

import orjson

from app.db.columns import now
from app.db.engine import Connection, Database
from app.db.statement import Parameters
from app.export_files.lines import Section

FORMAT = 1  # rises when a server that reads the format before would misunderstand what is written
FIRST, LAST = "export", "end"  # the types of these lines


class Transcript:
    """What has been written so far: how many lines of each type, the first one among them, and their hash."""

    def __init__(self, of: str) -> None:
        """`of` is what is exported, `organization` or `person`."""
        self.of = of
        self.counts: Counter[str] = Counter()
        self._digest = sha256()

    def begin(self) -> bytes:
        """The first line."""
        first = {"type": FIRST, "format": FORMAT, "of": self.of, "at": now()}
        return self.add(FIRST, [orjson.dumps(first).decode()])

    def add(self, kind: str, lines: Iterable[str]) -> bytes:
        """Lines of one type, as they are written."""
        text = [f"{line}\n".encode() for line in lines]
        self.counts[kind] += len(text)
        whole = b"".join(text)
        self._digest.update(whole)
        return whole

    def end(self) -> bytes:
        """The last line: without it a file is not whole, and none that says otherwise is what was written."""
        last = {"type": LAST, "lines": dict(self.counts), "sha256": self._digest.hexdigest()}
        return orjson.dumps(last) + b"\n"


@asynccontextmanager
async def snapshot(database: Database) -> AsyncIterator[Connection]:
    """A connection that sees all as of one moment, for as long as the block takes.

    Without sorting, rows come off the indexes that have their order: a planner who thinks of the last row, and not of
    the first, would sort them all before it answers any.
    """
    async with database.lent() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute("SET LOCAL enable_sort = off")
        yield connection


async def count(connection: Connection, sections: Iterable[Section], values: Parameters) -> int:
    """How many lines there will be, the first and the last aside."""
    return sum([await connection.fetchval(one.amount.text, *one.amount.arguments(values)) for one in sections])


async def write(
    connection: Connection, sections: Iterable[Section], values: Parameters, transcript: Transcript
) -> AsyncIterator[bytes]:
    """The whole text, in pieces of some megabytes at most: no more of it is in memory."""
    yield transcript.begin()
    for section in sections:
        cursor = await connection.cursor(section.lines.text, *section.lines.arguments(values))
        while rows := await cursor.fetch(section.at_once):
            yield transcript.add(section.type, [row[0] for row in rows])
    yield transcript.end()
