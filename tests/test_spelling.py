"""Texts that are the same, that show nothing, and that would turn others around."""

import unicodedata
from collections.abc import Iterator

import pytest

from app.spelling import DIRECTIONS, composed, escaped, folded, isolated, shows_nothing

SAME = [
    ("É", "e\u0301"),
    ("straße", "STRASSE"),
    ("straße", "STRA\u1e9eE"),
    ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    ("\u212a", "k"),
    ("\u212b", "a\u030a"),
    ("\u0130", "i\u0307"),
    ("\u01f0", "J\u030c"),
    ("각", "\u1100\u1161\u11a8"),
]
DIFFERENT = [("\u0131", "i"), ("\u0130", "i"), ("é", "e"), ("ﾊ", "ハ"), ("²", "2"), ("a\u200bb", "ab")]
BLANK = [
    *("", " \t\r\n", "\u00a0\u2003\u3000\u1680", "\u200b\u200c\u200d\u2060\ufeff", "\x00\x1f\x7f\x85", "\u00ad\u034f"),
    *("\u3164\uffa0\u115f\u1160", "\u2800", "\u2028\u2029", "\u202e\u2066\u2069\u200f\u061c", "\ufe0f\U000e0100"),
    *("\U000e0041\U000e007f", "\u180e\u180b", "\U0001d173", "\ufff9\ufffb"),
]
SHOWN = [".", "\u200ba", "\u0301", "\u0600", "\u06dd1", "\ue000", "\U0001f469\u200d\U0001f680", "\ufffd", "\U000323b0"]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_texts_that_people_take_for_the_same_are(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_other_texts_are_not(one: str, other: str) -> None:
    assert folded(one) != folded(other)


def test_a_letter_is_composed_however_it_was_typed() -> None:
    assert {composed("e\u0301"), composed("É".lower())} == {"é"}
    assert composed("\u2126 \u212b") == "Ω Å"


@pytest.mark.parametrize("text", BLANK)
def test_what_shows_nothing_is_blank(text: str) -> None:
    assert shows_nothing(text)


@pytest.mark.parametrize("text", SHOWN)
def test_what_shows_something_is_not(text: str) -> None:
    assert not shows_nothing(text)


def test_all_letters_that_unicode_says_turn_others_are_known() -> None:
    kinds = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    turning = {letter for letter in map(chr, range(0x110000)) if unicodedata.bidirectional(letter) in kinds}

    assert {letter for letter in map(chr, range(0x3000)) if DIRECTIONS.match(letter)} == turning | set(
        "\u061c\u200e\u200f"
    )


def test_they_are_spelled_out() -> None:
    assert escaped("exe.\u202etxt \u2066é\u2069") == "exe.\\u202etxt \\u2066é\\u2069"
    assert escaped("שלום é") == "שלום é"


@pytest.mark.parametrize(
    ("text", "around"),
    [
        ("שלום", "שלום"),
        ("a\u202eb", "\u2068a\u202eb\u2069"),
        ("a\u2067b", "\u2068a\u2067b\u2069\u2069"),
        ("a\u2069\u2069\u202eb", "\u2068a\u202eb\u2069"),
        ("\u2066a\u2069\u200f", "\u2068\u2066a\u2069\u200f\u2069"),
    ],
)
def test_nothing_goes_on_behind_what_is_isolated(text: str, around: str) -> None:
    assert isolated(text) == around
    assert list(_depths(around))[-1] == 0


def _depths(text: str) -> Iterator[int]:
    depth = 0
    for letter in text:
        depth += (letter in "\u2066\u2067\u2068") - (letter == "\u2069")
        assert depth >= 0
        yield depth
