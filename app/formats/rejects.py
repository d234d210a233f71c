"""Writes down what an import leaves out: FILE.rejects.csv, with line number, reason and the record as it was.

But what would turn around its neighbours is spelled out, as in `\\u202e`.
"""

import csv
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from app.formats.record import Reject
from app.refusal import Refusal
from app.spelling import escaped

HEADER = ("line", "reason", "record")


class RejectsUnwritable(Refusal):
    """There is no place for the rejects, so nothing is imported."""


class Rejects:
    """Makes the file with the first reject: beside `source`, or in the current directory where that may not be."""

    def __init__(self, source: Path) -> None:
        self.places = (source.with_name(f"{source.name}.rejects.csv"), Path(f"{source.name}.rejects.csv"))
        self.path: Path | None = None
        self.count = 0
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()
        elif kind is None:
            self._remove_old()

    def write(self, reject: Reject) -> None:
        """Raises RejectsUnwritable."""
        if self._file is None:
            self._file = self._open()
            csv.writer(self._file).writerow(HEADER)
        csv.writer(self._file).writerow((reject.line, escaped(reject.reason), escaped(reject.raw)))
        self.count += 1

    def _remove_old(self) -> None:
        """What a run before this one has left out, none of which is left out any more."""
        for place in self.places:
            with suppress(OSError):
                with place.open(newline="") as file:
                    ours = file.readline().strip() == ",".join(HEADER)
                if ours:
                    place.unlink()

    def _open(self) -> TextIO:
        for place in self.places:
            try:
                file = place.open("w", encoding="utf-8", errors="surrogateescape", newline="")
            except OSError:
                continue
            self.path = place
            return file
        raise RejectsUnwritable(f"{self.places[0]} and {self.places[1]} cannot be written: run it where you may write")
