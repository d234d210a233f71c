"""Counting what models are asked for: by searches, and by whoever embeds texts."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Literal

from app.counting import Histogram

SECONDS = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)
PURPOSES = ("query", "texts")

# Of this process, by the purpose.
TOOK = {purpose: Histogram(SECONDS) for purpose in PURPOSES}
EMBEDDED: Counter[str] = Counter(dict.fromkeys(PURPOSES, 0))
FAILED: Counter[str] = Counter(dict.fromkeys(PURPOSES, 0))


@contextmanager
def counting(purpose: Literal["query", "texts"], texts: int) -> Iterator[None]:
    """Counts a question to a model for so many texts, and where the block raises that it failed."""
    started = perf_counter()
    try:
        yield
    except BaseException:
        FAILED[purpose] += 1
        raise
    finally:
        TOOK[purpose].observe(perf_counter() - started)
    EMBEDDED[purpose] += texts
