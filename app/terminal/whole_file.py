"""A file that has its name only once all of it is on the disk."""

import gzip
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import TracebackType
from typing import Self

from app.refusal import Refusal


class FileUnwritable(Refusal):
    """There is no place for the file, or none any more."""


class WholeFile:
    """What is written goes to a file beside `path`, named FILE.….part and readable by nobody else, which takes the name
    of `path` at the end, and the place of what was there. Gzipped where the name ends with `.gz`.

    Where the block raises or is killed, what was there before stays as it was. Raises FileUnwritable.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0  # bytes, before they are gzipped
        self._open_files = ExitStack()

    def __enter__(self) -> Self:
        with self._explained():
            self._part = self._open_files.enter_context(
                NamedTemporaryFile(dir=self.path.parent, prefix=f"{self.path.name}.", suffix=".part", delete=False)
            )
            zipped = self.path.suffix == ".gz"
            self._written = (
                self._open_files.enter_context(gzip.GzipFile("", "wb", fileobj=self._part)) if zipped else self._part
            )
        return self

    def write(self, data: bytes) -> None:
        with self._explained():
            self._written.write(data)
        self.size += len(data)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        part = Path(self._part.name)
        try:
            with self._explained(), self._open_files:
                if kind is None:
                    self._keep(part)
        finally:
            part.unlink(missing_ok=True)

    def _keep(self, part: Path) -> None:
        """On the disk first, and then under its name; and the name on the disk, too."""
        if self._written is not self._part:
            self._written.close()
        self._part.flush()
        os.fsync(self._part.fileno())
        part.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise FileUnwritable(f"{self.path} cannot be written ({reason}): name a place with room for it") from error
