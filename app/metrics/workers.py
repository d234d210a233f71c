"""The workers of one server tell each other what they have counted: whichever of them is asked answers for all.

Each has a place of its own, the first that is free, and listens there on a socket of a directory that only they can
reach. What one has counted ends with it, and whoever takes its place begins at zero: its series are told apart by the
place, and Prometheus takes them for those of a process that was started anew, which it is. Nothing is left on disk for
whom nobody counts any more.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from app.metrics.lines import Lines
from app.refusal import Refusal

PATIENCE = 1.0  # seconds for one that answers in some milliseconds
AWAY = (FileNotFoundError, ConnectionRefusedError, ConnectionResetError)  # it has ended, or is about to begin

Texts = dict[str, str]  # the lines of each metric


class NoPlace(Refusal):
    """There is no directory in which workers could tell each other anything."""


@contextmanager
def meeting_place() -> Iterator[Path]:
    """A directory for the workers of one server, for the time of the block; raises NoPlace."""
    try:
        made = TemporaryDirectory(prefix="trellis-", ignore_cleanup_errors=True)
    except OSError as error:
        raise NoPlace(
            "Metrics of several workers need a directory for temporary files that can be written to: set TMPDIR"
        ) from error
    with made as directory:
        yield Path(directory)


class Workers:
    """One of them. Alone in a process there is no `directory`."""

    def __init__(self, directory: Path | None) -> None:
        self.directory = directory
        self.place = 0

    @asynccontextmanager
    async def told(self, tell: Callable[[str], Texts]) -> AsyncIterator[None]:
        """Within the block the others hear what `tell` says of this one, which it is given the place of."""
        if self.directory is None:
            yield
            return
        with _claimed(self.directory) as self.place:
            address = self.directory / f"{self.place}.sock"
            address.unlink(missing_ok=True)

            async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                with suppress(OSError):
                    writer.write(orjson.dumps(tell(str(self.place))))
                    await writer.drain()
                writer.close()

            async with await asyncio.start_unix_server(answer, address):
                try:
                    yield
                finally:
                    address.unlink(missing_ok=True)

    async def others(self) -> list[Texts]:
        """What each of the others has counted; of one that does not answer, that."""
        if self.directory is None:
            return []
        places = {path.stem: path for path in sorted(self.directory.glob("*.sock")) if path.stem != str(self.place)}
        answers = await asyncio.gather(*(_ask(place, path) for place, path in places.items()))
        return [answer for answer in answers if answer is not None]


@contextmanager
def _claimed(directory: Path) -> Iterator[int]:
    """The number of the first place that nobody has, for the block or until the process is killed."""
    for number in count():
        file = os.open(directory / f"{number}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            continue
        try:
            yield number
        finally:
            os.close(file)
        return


async def _ask(place: str, path: Path) -> Texts | None:
    """None where it has ended."""
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                told: Texts = orjson.loads(await reader.read())
            finally:
                writer.close()
            return told
    except AWAY:
        return None
    except (TimeoutError, OSError, ValueError):
        lines = Lines(worker=place)
        lines.number("trellis_worker_up", 0)
        return lines.texts()
