"""Where the pages and the sections of a text begin.

Not all of CommonMark: a text may be hostile, and this takes a time that grows with its length only. Headings in quotes
and lists are none here, as they say little about what follows them.
"""

import re
from collections.abc import Iterator
from heapq import merge
from io import StringIO
from operator import attrgetter
from typing import NamedTuple

LONGEST_HEADING = 100  # characters that a section says of each of its headings
BETWEEN = " > "  # headings
FORM_FEED = "\f"

ATX = re.compile(r"\f* {0,3}(#{1,6})(?=[ \t\r\n]|$)")
CLOSING = re.compile(r"(?:^|[ \t])#+$")
SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*$")
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
NO_PARAGRAPH = re.compile(r" {4}|\s*([-+*>|#=~`]|\d+[.)]|$)")  # what a line over a setext underline does not begin with


class Mark(NamedTuple):
    """A place from which on a text is of another section or page; what marks it ends at `end`."""

    start: int
    end: int
    section: str | None = None  # None: as before
    page: int | None = None  # None: as before


def headings_of(text: str, *, markdown: bool) -> Iterator[Mark]:
    """The places in the order of the text. One by one: there may be half a million, and the garbage collector would go
    through them with Python's lock in its hand."""
    headings = _headings(text) if markdown else iter(())
    return merge(headings, _pages(text), key=attrgetter("start"))


def _pages(text: str) -> Iterator[Mark]:
    page, at = 1, text.find(FORM_FEED)
    while at >= 0:
        page += 1
        yield Mark(at, at + 1, page=page)
        at = text.find(FORM_FEED, at + 1)


def _headings(text: str) -> Iterator[Mark]:
    path: list[tuple[int, str]] = []
    for start, end, level, title in _titles(text):
        path = [one for one in path if one[0] < level] + [(level, title)]
        yield Mark(start, end, section=BETWEEN.join(title for _, title in path if title))


def _titles(text: str) -> Iterator[tuple[int, int, int, str]]:
    """Each heading: where it begins and ends, its level from 1 on, and what it says."""
    at, fence, before, above = 0, "", "", ""  # the two lines above
    for line in StringIO(text, newline=""):
        start, at = at, at + len(line)
        opening = FENCE.match(line)
        if fence:
            closed = opening and opening[1].startswith(fence) and not line[opening.end() :].strip()
            fence = "" if closed else fence
        elif opening:
            fence = opening[1]
        elif heading := ATX.match(line):
            title = line[heading.end() : heading.end() + LONGEST_HEADING].strip()
            yield start + heading.start(1), at, len(heading[1]), CLOSING.sub("", title).rstrip()
            line = ""  # noqa: PLW2901  # what follows has no paragraph above it
        elif (underline := SETEXT.match(line)) and not before.strip() and not NO_PARAGRAPH.match(above):
            yield start - len(above), at, 1 if underline[1][0] == "=" else 2, above[:LONGEST_HEADING].strip()
            line = ""  # noqa: PLW2901  # as above
        before, above = above, line
