"""The file of one export, gzipped and kept in pieces while it is being written."""

import asyncio
import zlib
from collections.abc import Iterator
from time import monotonic

from app.db.engine import Database
from app.exports.models import LARGEST_CHUNK
from app.exports.queue import QUEUE, Job, begin, keep

SAID = 2.0  # seconds, after which it is said how far it is, and the lease renewed
GZIP = 16 + zlib.MAX_WBITS


class Packer:
    """Gzips what it is given, and gives it back in pieces of one size; only the last one may be smaller."""

    def __init__(self) -> None:
        self._gzip = zlib.compressobj(wbits=GZIP)
        self._packed = bytearray()

    def pack(self, text: bytes) -> list[bytes]:
        """The pieces that are full with it."""
        self._packed += self._gzip.compress(text)
        return list(self._pieces(LARGEST_CHUNK))

    def end(self) -> list[bytes]:
        """The pieces that are left."""
        self._packed += self._gzip.flush()
        return list(self._pieces(1))

    def _pieces(self, least: int) -> Iterator[bytes]:
        while len(self._packed) >= least:
            yield bytes(self._packed[:LARGEST_CHUNK])
            del self._packed[:LARGEST_CHUNK]


class ExportFile:
    """Each piece is committed together with a new lease: who has lost theirs writes nothing into another's file.

    All but `job` raise Overtaken.
    """

    def __init__(self, database: Database, job: Job) -> None:
        self.job = job  # as it was last renewed
        self.size = 0  # bytes
        self._database = database
        self._packer = Packer()
        self._pieces = 0
        self._kept_at = monotonic()

    async def begin(self, lines: int) -> None:
        """Begins it anew; it will have so many lines."""
        async with QUEUE.transaction(self._database, self.job.organization_id) as fetch:
            self.job = await begin(fetch, self.job, lines)

    async def add(self, text: bytes, lines: int) -> None:
        """Adds text, with which it has so many lines."""
        pieces = await asyncio.to_thread(self._packer.pack, text)
        if pieces or monotonic() - self._kept_at > SAID:
            await self._keep(pieces, lines)

    async def end(self, lines: int) -> None:
        """Writes what is left."""
        await self._keep(self._packer.end(), lines)

    async def _keep(self, pieces: list[bytes], lines: int) -> None:
        async with QUEUE.transaction(self._database, self.job.organization_id) as fetch:
            self.job = await keep(fetch, self.job, self._pieces, pieces, lines)
        self._pieces += len(pieces)
        self.size += sum(map(len, pieces))
        self._kept_at = monotonic()
