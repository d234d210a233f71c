"""Cutting texts: at headings and pages, into chunks that a model can read, in a time that grows with the length."""

import random
from itertools import pairwise
from pathlib import Path
from time import thread_time

import pytest
import wordllama  # type: ignore[import-untyped]  # it has no types
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from app.chunking import split
from app.chunking.split import CAPACITY, Chunk, cut
from app.documents.models import DocumentKind
from tests.documents.documents import MIB

MARKDOWN, TEXT = DocumentKind.MARKDOWN, DocumentKind.TEXT
MARKS = {"#", "##", "###", ">", "None"}
SENTENCE = "The quick brown fox jumps over the lazy dog, and the dog does not mind it at all."
LONG = " ".join([SENTENCE] * 4)  # long enough to be a piece by itself


def words_of(chunks: list[Chunk]) -> set[str]:
    """Those of the texts and of the headings above them, without what makes headings of them."""
    return {word for chunk in chunks for word in f"{chunk.section} {chunk.text}".split()} - MARKS


def test_a_short_text_is_one_chunk() -> None:
    assert cut("\n Hello there. \n", TEXT) == [Chunk(None, 1, "Hello there.")]


@pytest.mark.parametrize("text", ["", " \n\t\n", "\f\f\f"])
@pytest.mark.parametrize("kind", DocumentKind)
def test_a_blank_text_has_no_chunk(text: str, kind: DocumentKind) -> None:
    assert cut(text, kind) == []


def test_chunks_stand_under_their_headings() -> None:
    text = f"{LONG}\n\n# Guide\n\n## Set-up\n\n{LONG}\n\n### Linux\n\n{LONG}\n\n## Use\n\n{LONG}\n"

    assert [(chunk.section, chunk.text.splitlines()[0]) for chunk in cut(text, MARKDOWN)] == [
        (None, LONG),
        ("Guide > Set-up", LONG),
        ("Guide > Set-up > Linux", LONG),
        ("Guide > Use", LONG),
    ]


def test_plain_text_has_no_headings() -> None:
    assert [chunk.section for chunk in cut(f"# Guide\n\n{LONG}", TEXT)] == [None]


def test_form_feeds_begin_pages() -> None:
    chunks = cut(f"{LONG}\f{LONG}\n\f\f# Four\n\n{LONG}", MARKDOWN)

    assert [(chunk.page, chunk.section) for chunk in chunks] == [(1, None), (2, None), (4, "Four")]


def test_a_text_of_headings_is_those() -> None:
    assert cut("# One\n\n## Two\n", MARKDOWN) == [Chunk("One > Two", 1, "# One\n\n## Two")]


def test_short_sections_are_a_chunk_together() -> None:
    (chunk,) = cut("# One\n\nFirst.\n\n# Two\n\nSecond.\n", MARKDOWN)

    assert chunk == Chunk("One", 1, "First.\n\n# Two\n\nSecond.")


def test_a_long_section_is_cut_at_sentences_that_overlap() -> None:
    sentences = [f"This is sentence number {number} of a long section without any paragraph." for number in range(60)]
    chunks = cut("# Long\n\n" + " ".join(sentences), MARKDOWN)

    assert {chunk.section for chunk in chunks} == {"Long"}
    assert all(chunk.text.endswith(".") for chunk in chunks)
    repeated = [other.text.split(". ")[0] in one.text for one, other in pairwise(chunks)]
    assert repeated == [True] * (len(chunks) - 1)


@pytest.mark.parametrize("kind", DocumentKind)
@pytest.mark.parametrize("text", ["word " * 3_000, "x" * 3_000, "👩‍👩‍👧‍👦" * 300, "1234567890" * 300, "# a\n" * 1_000])
def test_no_chunk_is_longer_than_a_model_reads(text: str, kind: DocumentKind) -> None:
    folder = Path(wordllama.__file__).parent
    tokenizer = Tokenizer.from_file(str(folder / "tokenizers" / "l2_supercat_tokenizer_config.json"))

    chunks = cut(text, kind)

    assert max(len(tokenizer.encode(chunk.text, add_special_tokens=False)) for chunk in chunks) <= CAPACITY[1]


pieces = st.sampled_from(
    ["# Title\n", "## Part\n", "word ", "A sentence. ", "\n\n", "\f", "- item\n", "\n```\n", f"{LONG} ", "é😀 "]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(pieces, max_size=60).map("".join), st.sampled_from(DocumentKind))
def test_nothing_is_lost_and_nothing_is_made_up(text: str, kind: DocumentKind) -> None:
    chunks = cut(text, kind)

    assert words_of(chunks) == set(text.split()) - MARKS
    assert all(chunk.text.strip() == chunk.text and chunk.text in text for chunk in chunks)
    assert [chunk.page for chunk in chunks] == sorted(chunk.page for chunk in chunks)


HOSTILE = {
    "a word": "a",
    "digits": "1234567890",
    "headings": "# a\n",
    "an empty heading": "#\n",
    "form feeds": "a\f",
    "emoji": "👨‍👩‍👧‍👦",
    "combining marks": "e\u0301\u0302",
    "quotes": "> ",
    "lists": "- ",
    "brackets": "[",
    "fences": "```\n",
    "table": "|a|b|\n|-|-|\n",
    "underlines": "a\n=\n",
    "carriage returns": "a\r",
    "spaces": " ",
    "blank lines": "\n",
    "line separators": "\u2028",
}


# A 32nd of the longest text: what grows with the square of the length would take minutes of it already.
@pytest.mark.parametrize("kind", DocumentKind)
@pytest.mark.parametrize("part", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_is_cut_all_the_same(part: str, kind: DocumentKind) -> None:
    text = part * (32 * 1024 // len(part.encode())) + " end"

    chunks = cut(text, kind)

    assert chunks[-1].text.endswith("end")
    assert len(chunks) < 500


def cpu_of(text: str, kind: DocumentKind) -> tuple[float, list[Chunk]]:
    """The seconds that cutting it takes, whatever else the machine does."""
    began = thread_time()
    chunks = cut(text, kind)
    return thread_time() - began, chunks


def test_a_megabyte_of_blank_lines_keeps_nobody_waiting() -> None:
    seconds, chunks = cpu_of("\n" * MIB + " end", MARKDOWN)

    assert seconds < 5  # of the splitter they would take 90
    assert [chunk.text for chunk in chunks] == ["end"]


def test_what_the_splitter_takes_too_long_for_is_cut_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(split, "MOST_CPU", 0.4)
    text = ("_" * 1_250 + " word" * 250) * 20  # 0.3 s for each of them

    seconds, chunks = cpu_of(text, MARKDOWN)

    assert seconds < 2
    assert sum(chunk.text.count("word") for chunk in chunks) >= 20 * 250
    assert max(len(chunk.text) for chunk in chunks[-20:]) <= split.LONGEST_LEFT


def test_random_characters_are_cut_all_the_same() -> None:
    source = random.Random(1)
    text = "".join(chr(source.randrange(1, 0xD7FF)) for _ in range(8_192))

    assert cut(text, MARKDOWN)
    assert cut(text, TEXT)


def test_lists_in_lists_are_cut_all_the_same() -> None:
    text = "".join(" " * 2 * depth + "- a\n" for depth in range(250))

    assert cut(text, MARKDOWN)[-1].text.endswith("- a")
