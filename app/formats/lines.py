"""Opens a file as lines of text: gzipped or not, UTF-8 or Windows-1252, told apart by what is in it."""

import codecs
import gzip
import io
import re
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from charset_normalizer import from_bytes

from app.formats.record import FileUnusable

GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
UTF_8, WINDOWS = "utf-8", "cp1252"
CHUNK = 1024 * 1024
SAMPLE = 64 * 1024  # bytes that say what a text's letters are
MOST_AHEAD = 32 * 1024 * 1024  # characters of a line that are looked at before it is its turn
BOM = "\ufeff"
# In what is read by a wrong table of characters, signs stand within words, and letters with accents side by side.
IN_WORDS = "\N{RIGHT SINGLE QUOTATION MARK}\N{MIDDLE DOT}\N{SOFT HYPHEN}\N{EN DASH}\N{EM DASH}\N{HORIZONTAL ELLIPSIS}"
NO_WORD = re.compile(rf"[^\W\d_][^\x00-\x7f\w{IN_WORDS}][^\W\d_]|[^\x00-\x7f\W\d_]{{4}}")


class Lines:
    """The lines of a text, with the number of the last one and all that was read since `take`."""

    def __init__(self, text: TextIO) -> None:
        self.text = text
        self.number = 0
        self.taken: list[str] = []
        self._ahead: deque[str] = deque()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._ahead.popleft() if self._ahead else self._read()
        self.number += 1
        self.taken.append(line)
        return line

    def peek(self, amount: int) -> list[str]:
        """The next lines, as many as there are, which stay the next ones."""
        while len(self._ahead) < amount and (line := next(self.text, None)) is not None:
            self._ahead.append(line.lstrip(BOM) if not self._ahead and not self.number else line)
        return list(self._ahead)[:amount]

    def take(self) -> str:
        raw = "".join(self.taken)
        self.taken.clear()
        return raw.rstrip("\r\n")

    def _read(self) -> str:
        line = next(self.text)
        return line if self.number else line.lstrip(BOM)


@contextmanager
def open_lines(path: Path, encoding: str) -> Iterator[Lines]:
    """The file's lines. Raises FileUnusable, for a damaged file only when it comes to the damage."""
    with _opened(path) as binary:
        # A byte that is no UTF-8 costs its own record and no other, and reaches the rejects file as it was.
        yield Lines(io.TextIOWrapper(binary, encoding=encoding, errors="surrogateescape", newline=""))


def encoding_of(path: Path) -> str:
    """UTF_8 or WINDOWS. Raises FileUnusable where the file is something else."""
    decoder = codecs.getincrementaldecoder(UTF_8)()
    with _opened(path) as binary:
        _refuse_others(path, binary)
        while chunk := binary.read(CHUNK):
            before = decoder.getstate()[0]
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return _of_what_is_no_utf_8(path, before + chunk + binary.read(CHUNK))
    return UTF_8


def _refuse_others(path: Path, binary: io.BufferedReader) -> None:
    start = binary.peek(4)[:4]
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) or b"\0" in start:
        raise FileUnusable(f"{path} is UTF-16: save it as UTF-8")
    if start == ZIP:
        raise FileUnusable(
            f"{path} is a ZIP archive, as exports of Notion and .xlsx files are: unpack it, or save its sheet as CSV"
        )


def _of_what_is_no_utf_8(path: Path, content: bytes) -> str:
    """Whether a text is UTF-8 with some damage, or Windows-1252, around the first byte that is no UTF-8."""
    text = content.decode(UTF_8, "surrogateescape")
    whole = len(re.findall("[^\0-\x7f\udc80-\udcff]", text))
    if whole and whole >= len(re.findall("[\udc80-\udcff]", text)):
        return UTF_8
    if not _is_windows(content):
        raise FileUnusable(f"{path} is neither UTF-8 nor Windows-1252: save it as UTF-8")
    return WINDOWS


def _is_windows(content: bytes) -> bool:
    """By the library that tells tables of characters apart by their languages, and by the forms of words: it takes
    much for Central European, with which German, for one, is the same."""
    sample = b"\n".join(line for line in content.splitlines() if not line.isascii())[:SAMPLE]
    try:
        text = sample.decode(WINDOWS)
    except UnicodeDecodeError:
        return False
    if NO_WORD.search(text):
        return False
    letters = re.search(r"[^\x00-\x7f\W\d_]", text)
    return not letters or any(WINDOWS in match.could_be_from_charset for match in from_bytes(sample))


@contextmanager
def _opened(path: Path) -> Iterator[io.BufferedReader]:
    if path.exists() and not path.is_file():
        raise FileUnusable(f"{path} is no regular file, and it has to be read twice: name a file")
    try:
        with path.open("rb") as file:
            zipped = file.peek(2)[:2] == GZIP
            yield cast(io.BufferedReader, gzip.GzipFile(fileobj=cast(BinaryIO, file))) if zipped else file
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FileUnusable(f"{path} is cut short or damaged ({error}): fetch it again; nothing was imported") from error
    except OSError as error:
        raise FileUnusable(f"{path} cannot be read ({error.strerror}): check its name and its permissions") from error
