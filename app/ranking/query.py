"""What people type into a search: words, "quoted phrases" and -words that must not be there."""

import re
from dataclasses import dataclass, field, replace
from unicodedata import normalize

from app.graph.errors import BadUserInput

# Phones, word processors and other languages write these for what stands on a keyboard. Of Unicode's quotation marks
# all that are double, and the single ones that are never an apostrophe.
QUOTES = "“”„‟«»‹›❝❞「」『』〝〞〟⹂﹁﹂﹃﹄＂｢｣"  # noqa: RUF001  # they are looked for
APOSTROPHES = "‘’‚‛ʼ＇"  # noqa: RUF001  # as above
HYPHENS = "‐‑"  # noqa: RUF001  # as above
DASHES = "–—−‒―⁃﹣－⸺"  # noqa: RUF001  # as above
# What is pasted along and shows nothing: marks of direction, and blanks of no width. PostgreSQL ends a word there, too.
UNSEEN = "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
# Each of these, wherever it stands in what is read.
WRITTEN = QUOTES + APOSTROPHES + HYPHENS + UNSEEN
TYPED = '"' * len(QUOTES) + "'" * len(APOSTROPHES) + "-" * len(HYPHENS) + " " * len(UNSEEN)
AS_TYPED = str.maketrans(WRITTEN, TYPED)
BLANK = re.compile(r"\s")
BEFORE_A_WORD = re.compile(rf"(?<!\S)[{DASHES}](?=[^\s{DASHES}-])")
PART = re.compile(r'(?P<unwanted>(?<!\S)-(?=[^\s-]))?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')


@dataclass(frozen=True, slots=True)
class Query:
    """A search taken apart. A text must hold every phrase and nothing unwanted; `words` only say what comes first, and
    `options` which of those that hold the words.
    """

    words: str  # those of the phrases too
    phrases: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    typed: str = field(default="", compare=False)  # all of it, where something is demanded

    @property
    def kept(self) -> "Query":
        """The same, in which nothing is unwanted: what looked so are the options of a command."""
        return replace(self, unwanted=(), options=self.unwanted)


def read_query(text: str) -> Query:
    """The parts of `text`. A quotation mark that is never closed closes at the end.

    Raises BadUserInput where it only says what must not be there.
    """
    typed = as_typed(text)
    words: list[str] = []
    phrases: list[str] = []
    unwanted: list[str] = []
    for part in PART.finditer(typed):
        said = part["word"] or part["phrase"] or ""
        if not said.strip():
            continue
        if part["unwanted"]:
            unwanted.append(said)
            continue
        words.append(said)
        if part["phrase"]:
            phrases.append(said)
    if unwanted and not words:
        raise BadUserInput(
            "`query` only says what must not be there: add a word to search for, or put what begins with `-` in "
            'quotation marks, as in "-v".'
        )
    demanded = " ".join(typed.split()) if phrases or unwanted else ""
    return Query(" ".join(words), tuple(phrases), tuple(unwanted), typed=demanded)


def as_typed(text: str) -> str:
    """`text` as a plain keyboard types it: one spelling of each letter, of blanks, quotation marks and dashes."""
    return BEFORE_A_WORD.sub("-", BLANK.sub(" ", normalize("NFC", text).translate(AS_TYPED)))
