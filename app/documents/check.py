"""What an input says of a document's columns: each mistake in it is noted with its place."""

from hashlib import sha256
from typing import TypedDict

from strawberry import UNSET

from app.documents.inputs import CreateDocumentInput, UpdateDocumentInput
from app.documents.models import LARGEST_TEXT, LONGEST_SOURCE, LONGEST_TITLE
from app.spelling import composed
from app.writing.inputs import Checks
from app.writing.mutation import UserErrorCode


def columns_given(given: CreateDocumentInput | UpdateDocumentInput, checks: Checks) -> dict[str, object]:
    """The columns that the input says something about; of the text those that tell it from others."""
    columns: dict[str, object] = {}
    if checks.required(given.title, "title"):
        columns["title"] = checks.text(given.title, "title", longest=LONGEST_TITLE)
    if checks.required(given.kind, "kind"):
        columns["kind"] = given.kind.name
    if given.source is not UNSET:
        source = given.source and composed(given.source)
        columns["source"] = checks.optional_text(source, "source", longest=LONGEST_SOURCE)
    if checks.required(given.text, "text"):
        written = columns_of_text(given.text)
        if written["size"] > LARGEST_TEXT:
            message = f"At most {LARGEST_TEXT:,} bytes in UTF-8 are allowed, not {written['size']:,}."
            checks.wrong(UserErrorCode.TOO_LONG, message, "text")
        columns |= written
    return columns


class TextColumns(TypedDict):
    """The columns by which a document knows its text."""

    size: int  # bytes
    text_hash: str  # its SHA-256


def columns_of_text(text: str) -> TextColumns:
    """What is known of `text` without reading it."""
    content = text.encode()
    return {"size": len(content), "text_hash": sha256(content).hexdigest()}
