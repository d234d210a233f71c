"""Reads an organization's export, and says whether it is whole: only then is anything of it used."""

import gzip
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson
from pydantic import ValidationError

from app.export_files.fields import LINE, Line
from app.export_files.write import FIRST, FORMAT, LAST
from app.formats.lines import GZIP
from app.formats.record import FileUnusable

LONGEST_LINE = 16 * 1024 * 1024  # bytes: a megabyte of text, each character escaped, and room beside it
LAST_LINE = f'{{"type":"{LAST}"'.encode()
ORGANIZATION, PERSON = "organization", "person"  # what an export may be of


def is_export(path: Path) -> bool:
    """Whether the file's first line says that it is one; whatever cannot be read is none."""
    try:
        with _open(path) as file:
            first = _parsed(file.readline(LONGEST_LINE))
    except (OSError, EOFError, zlib.error):
        return False
    return first.get("type") == FIRST and "format" in first


def read_export(path: Path) -> Iterator[Line]:
    """Each line between the first and the last one. Raises FileUnusable, and at the end too, where it is not whole."""
    try:
        with _open(path) as file:
            yield from _lines(path, file)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FileUnusable(f"{path} is cut short or damaged ({error}): fetch it again; nothing was imported") from error
    except OSError as error:
        raise FileUnusable(f"{path} cannot be read ({error.strerror}): check its name and its permissions") from error


@contextmanager
def _open(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as file:
        zipped = file.peek(2)[:2] == GZIP
        yield cast(BinaryIO, gzip.GzipFile(fileobj=file)) if zipped else file


def _lines(path: Path, file: BinaryIO) -> Iterator[Line]:
    first = file.readline(LONGEST_LINE)
    _check_first(path, _parsed(first))
    counts, digest = Counter([FIRST]), sha256(first)
    for number, text in enumerate(iter(lambda: file.readline(LONGEST_LINE + 1), b""), 2):
        if text.startswith(LAST_LINE) and (last := _parsed(text)):
            _check_last(path, last, counts, digest.hexdigest(), behind=file.read(1))
            return
        if not text.endswith(b"\n"):
            break
        digest.update(text)
        line = _line(path, number, text)
        counts[line.type] += 1
        yield line
    raise FileUnusable(
        f"{path} is not whole: the last line, which says how many there are, is missing. Export or fetch it again; "
        "nothing was imported"
    )


def _check_first(path: Path, first: dict[str, Any]) -> None:
    if first.get("of") == PERSON:
        raise FileUnusable(f"{path} holds the data of one person, for them to read: nothing takes it back")
    if first.get("format") != FORMAT or first.get("of") != ORGANIZATION:
        raise FileUnusable(
            f"{path} has a format that is not known here: import it with the Trellis that wrote it, or a newer one"
        )


def _check_last(path: Path, last: dict[str, Any], counts: Counter[str], digest: str, *, behind: bytes) -> None:
    if behind or last.get("lines") != counts or last.get("sha256") != digest:
        raise FileUnusable(
            f"{path} is not what was exported: its last line, with numbers and hash of the others, does not fit them. "
            "Export or fetch it again; nothing was imported"
        )


def _line(path: Path, number: int, text: bytes) -> Line:
    try:
        return LINE.validate_json(text)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, problem["loc"][1:]))
        said = problem["msg"].removeprefix("Value error, ")
        raise FileUnusable(f"{path}, line {number}: {f'{place}: ' if place else ''}{said}") from error


def _parsed(text: bytes) -> dict[str, Any]:
    """The object that a line is; an empty one where it is none."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
