"""Cutting a text into chunks: at its pages and headings, and within those at paragraphs, sentences and words."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from time import thread_time
from typing import NamedTuple

from semantic_text_splitter import MarkdownSplitter, TextSplitter

from app.documents.headings import BETWEEN, Mark, headings_of
from app.documents.models import DocumentKind

# Tokens of a chunk. Models read 256 at once, and the title and the headings come on top. A chunk is full from the first
# number on, so that the next one may begin with a paragraph or a sentence.
CAPACITY = (150, 200)
OVERLAP = 30  # tokens at most that a chunk repeats of the one before: a sentence or two
SENTENCE = ". "  # what ends one
# Characters. Shorter sections and pages are chunks together with what follows them: a text of nothing but headings
# would be a million chunks. Longer ones are cut before the splitter sees them: what it takes for a long word or a deep
# list grows with the square of their length, and a megabyte would take it hours.
SHORTEST_PIECE = 200
LONGEST_PIECE = 2_500
BREAKS = ("\n\n", "\n", SENTENCE, " ")  # where a piece is best cut
# Seconds of CPU for the splitter: a megabyte that people wrote takes it 2, of random characters 8. But some pieces take
# it half a second each, such as one of underscores: minutes, in which nobody else's document would be cut.
MOST_CPU = 10.0
LONGEST_LEFT = 400  # characters of a chunk of what is left after that
REPEATED = 150  # characters at most that a piece repeats of the one before, as chunks do
TOKENIZER = Path("tokenizers", "l2_supercat_tokenizer_config.json")


class CutFailed(Exception):
    """The splitter gave up on a text."""


class Chunk(NamedTuple):
    """A piece of a text that is searched by itself, with the headings it stands under and the page it begins on."""

    section: str | None
    page: int
    text: str


class Piece(NamedTuple):
    """A part of a text that no chunk leaves."""

    start: int
    end: int
    section: str | None
    page: int


def cut(text: str, kind: DocumentKind) -> list[Chunk]:
    """The chunks of a text, in its order; none where it is blank. Raises CutFailed.

    A megabyte takes 2 to 11 s of CPU, most of them without Python's lock: so it belongs into a thread.
    """
    until = thread_time() + MOST_CPU
    marks = headings_of(text, markdown=kind is DocumentKind.MARKDOWN)
    pieces = chain.from_iterable(_short(text, piece, LONGEST_PIECE) for piece in _pieces(text, marks))
    chunks = (
        Chunk(piece.section, piece.page, one.strip()) for piece in pieces for one in _split(text, piece, kind, until)
    )
    return [chunk for chunk in chunks if chunk.text]


def _split(text: str, piece: Piece, kind: DocumentKind, until: float) -> list[str]:
    said = text[piece.start : piece.end]
    if not said or said.isspace():
        return []
    if thread_time() > until:
        return [text[part.start : part.end] for part in _short(text, piece, LONGEST_LEFT)]
    try:
        return _splitter(kind).chunks(said)
    except Exception:
        raise
    except BaseException as error:  # a panic in the library's Rust is no Exception, and would end what called
        raise CutFailed(f"The splitter gave up at character {piece.start}: {error}") from error


@lru_cache(2)
def _splitter(kind: DocumentKind) -> MarkdownSplitter | TextSplitter:
    """Counts as the default model does, by the file in its wheel."""
    splitter = MarkdownSplitter if kind is DocumentKind.MARKDOWN else TextSplitter
    wheel = find_spec("wordllama")
    if wheel is None or wheel.origin is None:
        raise ModuleNotFoundError("wordllama is not installed", name="wordllama")
    path = Path(wheel.origin).parent / TOKENIZER
    return splitter.from_huggingface_tokenizer_file(str(path), CAPACITY, overlap=OVERLAP)


def _pieces(text: str, marks: Iterable[Mark]) -> Iterator[Piece]:
    """The text from mark to mark, without the headings that it begins with, unless its section leaves one out."""
    opened = body = 0  # where the piece begins, and where there is more than headings in it
    section: str | None = None
    page, whole = 1, False
    piece = Piece(0, 0, section, page)
    for mark in marks:
        section, above = mark.section or section, section
        page = mark.page or page
        if text[body : mark.start].strip():
            if mark.start - body < SHORTEST_PIECE:
                continue
            yield piece._replace(start=opened if whole else body, end=mark.start)
            opened, whole = mark.start, False
        elif above and opened < body:
            whole = whole or not f"{section}{BETWEEN}".startswith(f"{above}{BETWEEN}")
        body, piece = mark.end, Piece(opened, body, section, page)
    left = text[body:].strip() and not whole
    yield piece._replace(start=body if left else opened, end=len(text))


def _short(text: str, piece: Piece, longest: int) -> Iterator[Piece]:
    """The piece in parts that are not too long; a short sentence at the end of one also begins the next."""
    start = piece.start
    while piece.end - start > longest:
        middle, latest = start + longest // 2, start + longest
        places = (text.rfind(one, middle, latest) for one in BREAKS)
        end = next((place + 1 for place in places if place >= 0), latest)
        yield piece._replace(start=start, end=end)
        sentence = text.rfind(SENTENCE, end - REPEATED, end - 1)
        start = end if sentence < 0 else sentence + len(SENTENCE)
    yield piece._replace(start=start)
