"""Files for tests, and what is read of them."""

from collections.abc import Collection
from pathlib import Path

from app.formats.layout import Layout
from app.formats.lines import encoding_of
from app.formats.read import read
from app.formats.record import Records
from app.formats.wishes import Wishes


def written(folder: Path, content: bytes) -> Path:
    path = folder / "tasks"
    path.write_bytes(content)
    return path


def laid_out(path: Path, wishes: Wishes | None = None, required: Collection[str] = ()) -> Layout:
    return Layout(path, wishes or Wishes(), required, encoding_of(path))


def reading(path: Path, wishes: Wishes | None = None) -> Records:
    return read(laid_out(path, wishes))
