"""Gathers the documents of a folder: its .md and .txt files, in whichever folders inside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.documents.headings import headings_of
from app.documents.models import LARGEST_TEXT, LONGEST_SOURCE, LONGEST_TITLE, DocumentKind
from app.formats.record import Reject
from app.importer.check import Unfit, clean
from app.refusal import Refusal
from app.spelling import composed, shows_nothing

KINDS = {".md": DocumentKind.MARKDOWN, ".markdown": DocumentKind.MARKDOWN, ".txt": DocumentKind.TEXT}


class NoDocuments(Refusal):
    """A folder in which there is nothing to import."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file as a document: `source` is its path in the folder, by which a second import knows it."""

    source: str
    title: str
    kind: DocumentKind
    text: str


def documents_in(folder: Path) -> list[Path]:
    """The files of a folder that are documents, by their paths; none that is hidden. Raises NoDocuments."""
    paths = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in KINDS and path.is_file() and not _is_hidden(path.relative_to(folder))
    ]
    if not paths:
        raise NoDocuments(f"{folder} holds no .md or .txt files: name the folder that they are in")
    return paths


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def gather(folder: Path, paths: list[Path]) -> Iterator[Found | Reject]:
    """Each file of the folder as a document, or why it stays out."""
    seen = set()
    for path in paths:
        # Composed, as other systems name the same file: only then does it stay one document.
        source = composed(path.relative_to(folder).as_posix())
        try:
            if source in seen:
                raise Unfit("path: another file has it, with its letters composed otherwise")
            seen.add(source)
            yield _found(path, clean(source, "path", LONGEST_SOURCE))
        except Unfit as unfit:
            yield Reject(1, str(unfit), source)
        except OSError as error:
            yield Reject(1, f"cannot be read ({error.strerror})", source)


def _found(path: Path, source: str) -> Found:
    """Raises Unfit, and OSError where it cannot be read."""
    if path.stat().st_size > LARGEST_TEXT:
        raise Unfit(f"text: has {path.stat().st_size:,} bytes, at most {LARGEST_TEXT:,} fit")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unfit("text: is not UTF-8") from error
    kind = KINDS[path.suffix.lower()]
    return Found(source, _title(path, text, kind), kind, clean(text, "text", LARGEST_TEXT))


def _title(path: Path, text: str, kind: DocumentKind) -> str:
    """The first heading, or else the name of the file without its ending."""
    sections = (mark.section for mark in headings_of(text, markdown=kind is DocumentKind.MARKDOWN))
    headings = (section for section in sections if section and not shows_nothing(section))
    name = " ".join(path.stem.replace("_", " ").split())
    return next(headings, path.name if shows_nothing(name) else name)[:LONGEST_TITLE].strip()
