"""How alike words are spelled: by their letters and not by trigrams, of which "Jonh" and "John" share a quarter."""

from collections.abc import Iterable
from difflib import SequenceMatcher

LIKENESS = 0.75  # what is left where two of four letters have changed places


def likenesses(word: str, others: Iterable[str]) -> dict[str, float]:
    """Of the words that are spelled much like `word`, which share of both are the same letters in the same order."""
    matcher = SequenceMatcher(b=word, autojunk=False)
    found = {}
    for other in others:
        matcher.set_seq1(other)
        # The first two are quick, and no less than the third.
        if matcher.real_quick_ratio() >= LIKENESS and matcher.quick_ratio() >= LIKENESS:
            ratio = matcher.ratio()
            if ratio >= LIKENESS:
                found[other] = ratio
    return found
