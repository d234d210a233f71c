"""Writes down what an import leaves out: FILE.rejects.csv, with line number, reason and the record as it was."""

import csv
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from app.importer.read import Reject
from app.refusal import Refusal


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

    def write(self, reject: Reject) -> None:
        """Raises RejectsUnwritable."""
        if self._file is None:
            self._file = self._open()
            csv.writer(self._file).writerow(("line", "reason", "record"))
        csv.writer(self._file).writerow((reject.line, reject.reason, reject.raw))
        self.count += 1

    def _open(self) -> TextIO:
        for place in self.places:
            try:
                file = place.open("w", encoding="utf-8", errors="surrogateescape", newline="")
            except OSError:
                continue
            self.path = place
            return file
        raise RejectsUnwritable(f"{self.places[0]} and {self.places[1]} cannot be written: run it where you may write")
