"""How alike words are spelled: by their letters and not by trigrams, of which "Jonh" and "John" share a quarter."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.fuzz import ratio

LIKENESS = 0.75  # what is left where two of four letters have changed places
IN_PERCENT = 100 * LIKENESS


def likenesses(word: str, others: Iterable[str]) -> dict[str, float]:
    """Of the words that are spelled much like `word`, which share of both are the same letters in the same order."""
    found = process.extract(word, list(others), scorer=ratio, score_cutoff=IN_PERCENT, limit=None)
    return {other: percent / 100 for other, percent, _ in found}


def compare(words: Sequence[str], others: Sequence[str]) -> NDArray[np.floating]:
    """The likeness of each of the words (rows) to each of the others (columns); 0 where they are not much alike."""
    return process.cdist(words, others, scorer=ratio, score_cutoff=IN_PERCENT, dtype=np.float32) / 100
