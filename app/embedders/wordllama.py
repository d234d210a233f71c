"""wordllama: the mean of the words' vectors, which lie in its wheel. Not the best, but a thousand texts a second."""

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import wordllama  # type: ignore[import-untyped]  # it has no types
from wordllama.inference import WordLlamaInference  # type: ignore[import-untyped]  # as above

from app.config import Settings
from app.embedders.embedder import Vectors
from app.embedders.normalize import of_unit_length

# Words that the model does not know are cut into pieces it has seen in others, and mean whatever those do: of random
# letters a piece has one or two, in most languages three and more. What such a query is like by chance is rarely above
# this, and a text that has the same pieces mostly is.
FEWEST_LETTERS = 2
FLOOR_OF_PIECES = 0.45
LETTER = re.compile(r"[^\W\d_]")
BYTE = "<0x"  # begins a piece that is not even a letter
LONGEST = 8_000  # characters: the mean of two thousand words hardly moves with more, and each takes 0.03 ms


class Wordllama:
    """See Embedder."""

    name = "wordllama"
    max_batch = 64
    weight = 0.4  # the best over five collections
    floor = 0.22  # see docs/decisions/0011-search.md

    def __init__(self, model: WordLlamaInference) -> None:
        self.model = model
        self.dimension = int(model.embedding.shape[1])

    async def embed(self, texts: Sequence[str]) -> Vectors:
        return await asyncio.to_thread(self._embed, texts)

    def floor_for(self, query: str, floor: float) -> float:
        return max(floor, FLOOR_OF_PIECES) if self._letters_a_piece(query) < FEWEST_LETTERS else floor

    async def close(self) -> None:
        """There is nothing to close."""

    def _letters_a_piece(self, text: str) -> float:
        pieces = [
            one for one in self.model.tokenizer.encode(text, add_special_tokens=False).tokens if LETTER.search(one)
        ]
        letters = sum(len(LETTER.findall(one)) for one in pieces if not one.startswith(BYTE))
        return letters / len(pieces) if pieces else 0.0

    def _embed(self, texts: Sequence[str]) -> Vectors:
        # One at a time: together, the library makes each as long as the longest, 64 of them a gigabyte.
        rows = [self.model.embed([text[:LONGEST]]) for text in texts]
        return of_unit_length(np.concatenate(rows))


def load(_model: str, _dimension: int | None, _settings: Settings) -> Wordllama:
    """The model out of the wheel: nothing is downloaded."""
    folder = Path(wordllama.__file__).parent
    return Wordllama(wordllama.WordLlama.load(cache_dir=folder, disable_download=True))
