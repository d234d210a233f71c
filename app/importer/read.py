"""Reads a file of tasks, CSV or JSON Lines, gzipped or not: told apart by what is in it, never by its name."""

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO, cast

import orjson

from app.refusal import Refusal

COLUMNS = (
    "organization",
    "team",
    "key",
    "title",
    "description",
    "status",
    "priority",
    "estimate",
    "due_date",
    "tags",
    "assignee_email",
)
DELIMITERS = ",;\t|"
GZIP = b"\x1f\x8b"
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Far above what a task takes: a field that is too long is then one rejected record. Had the reader given up within it,
# the lines of its second half would be taken for records of their own.
LONGEST_FIELD = 16 * 1024 * 1024


class FileUnusable(Refusal):
    """The file as a whole cannot be imported; nothing of it has been."""


@dataclass(frozen=True, slots=True)
class Record:
    """What one line says, by column; a CSV record may go over several lines, and `line` is its first."""

    line: int
    values: Mapping[str, object]
    raw: str


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that stays out, and why."""

    line: int
    reason: str
    raw: str


class Lines:
    """The lines of a text, with the number of the last one and all that was read since `take`."""

    def __init__(self, text: TextIO) -> None:
        self.text = text
        self.number = 0
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self.text)
        self.number += 1
        self.taken.append(line)
        return line

    def take(self) -> str:
        raw = "".join(self.taken)
        self.taken.clear()
        return raw.rstrip("\r\n")


def read(path: Path, *, missing: Collection[str] = ()) -> Iterator[Record | Reject]:
    """The records in the order of the file; in CSV there must be a column title and those of `missing`.

    Raises FileUnusable, for a damaged file only when it comes to the damage.
    """
    try:
        with _open(path) as text:
            yield from _records(path, Lines(text), missing)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FileUnusable(f"{path} is cut short or damaged ({error}): fetch it again; nothing was imported") from error
    except OSError as error:
        raise FileUnusable(f"{path} cannot be read ({error.strerror}): check its name and its permissions") from error


@contextmanager
def _open(path: Path) -> Iterator[TextIO]:
    if path.exists() and not path.is_file():
        raise FileUnusable(f"{path} is no regular file, and it has to be read twice: name a file")
    with path.open("rb") as file:
        zipped = file.peek(2)[:2] == GZIP
        binary = cast(io.BufferedReader, gzip.GzipFile(fileobj=file)) if zipped else file
        if binary.peek(2)[:2] in UTF_16:
            raise FileUnusable(f"{path} is UTF-16: save it as UTF-8")
        # A byte that is no UTF-8 costs its own line and no other, and reaches the rejects file as it was.
        yield io.TextIOWrapper(binary, encoding="utf-8-sig", errors="surrogateescape", newline="")


def _records(path: Path, lines: Lines, missing: Collection[str]) -> Iterator[Record | Reject]:
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        raise FileUnusable(f"{path} is empty: its first line must name the columns, or be a JSON object")
    if first.lstrip().startswith("["):
        raise FileUnusable(f"{path} is a JSON array: write one object per line, as `jq -c '.[]'` does")
    if first.lstrip().startswith("{"):
        yield from _json_lines(first, lines)
    else:
        csv.field_size_limit(LONGEST_FIELD)
        yield from _csv(_header(path, first, missing), lines)


def _json_lines(first: str, lines: Lines) -> Iterator[Record | Reject]:
    yield _object(lines.number, first, lines.take())
    for text in lines:
        raw = lines.take()
        if raw.strip():
            yield _object(lines.number, text, raw)


def _object(line: int, text: str, raw: str) -> Record | Reject:
    try:
        values = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return Reject(line, f"malformed JSON: {error.msg}, at character {error.pos + 1}", raw)
    if not isinstance(values, dict):
        return Reject(line, "malformed JSON: not an object", raw)
    return Record(line, {_name(name): value for name, value in values.items()}, raw)


def _name(column: str) -> str:
    return column.strip().lower().replace(" ", "_")


@dataclass(frozen=True, slots=True)
class Header:
    names: tuple[str, ...]
    delimiter: str


def _header(path: Path, line: str, missing: Collection[str]) -> Header:
    headers = [Header(_split(line, delimiter), delimiter) for delimiter in DELIMITERS]
    header = max(headers, key=lambda one: len(set(one.names) & set(COLUMNS)))
    if "title" not in header.names:
        raise FileUnusable(
            f"{path} has no column title: its first line must name the columns, such as key,title,status"
        )
    for name in missing:
        if name not in header.names:
            raise FileUnusable(f"{path} has no column {name}: add it, or name one for all lines with --{name}")
    doubled = {name for name in header.names if header.names.count(name) > 1}
    if doubled:
        raise FileUnusable(f"{path} names the column {min(doubled)} twice: rename or remove one")
    return header


def _split(line: str, delimiter: str) -> tuple[str, ...]:
    try:
        return tuple(_name(name) for name in next(csv.reader([line], delimiter=delimiter)))
    except csv.Error:  # longer than any field may be: no names of columns, whatever it is
        return ()


def _csv(header: Header, lines: Lines) -> Iterator[Record | Reject]:
    lines.take()
    reader = csv.reader(lines, delimiter=header.delimiter, strict=True)
    while True:
        line = lines.number + 1
        try:
            fields = next(reader, None)
        except csv.Error as error:
            yield Reject(line, f"malformed CSV: {error}", lines.take())
            continue
        if fields is None:
            return
        raw = lines.take()
        if len(fields) == len(header.names):
            yield Record(line, dict(zip(header.names, fields, strict=True)), raw)
        elif fields:  # a blank line has none
            yield Reject(line, f"malformed CSV: {len(fields)} fields where the header has {len(header.names)}", raw)
