"""What people type into a search: words, "quoted phrases" and -words that must not be there."""

import re
from dataclasses import dataclass

PART = re.compile(r'(?P<unwanted>(?<!\S)-(?=[^\s-]))?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')


@dataclass(frozen=True, slots=True)
class Query:
    """A search taken apart. A text must hold every phrase and nothing unwanted; `words` only say what comes first."""

    words: str  # those of the phrases too
    phrases: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()


def read_query(text: str) -> Query:
    """The parts of `text`. A quotation mark that is never closed closes at the end."""
    words: list[str] = []
    phrases: list[str] = []
    unwanted: list[str] = []
    for part in PART.finditer(text):
        said = part["word"] or part["phrase"] or ""
        if not said.strip():
            continue
        if part["unwanted"]:
            unwanted.append(said)
            continue
        words.append(said)
        if part["phrase"]:
            phrases.append(said)
    return Query(" ".join(words), tuple(phrases), tuple(unwanted))
