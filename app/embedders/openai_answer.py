"""What an API like OpenAI's answers, taken apart: a vector for each text, or what is wrong with it, in one line."""

import re
from typing import Any, NamedTuple

import numpy as np
import orjson

from app.embedders.embedder import Vectors

TAG = re.compile(r"<[^>]*>")  # gateways answer in HTML
READ = 2_000  # bytes of an answer that is shown to people
SHOWN = 200  # characters


class Misshapen(Exception):
    """It is not what OpenAI would answer; says why."""


class TooFew(Misshapen):
    """It has fewer vectors than there are texts."""


class Answer(NamedTuple):
    """What came back, as a whole."""

    status: int
    retry_after: str
    content: bytes

    @property
    def beginning(self) -> str:
        """In one line, without tags and what no terminal should be sent."""
        text = self.content[:READ].decode(errors="replace")
        line = " ".join((TAG.sub(" ", text) if text.lstrip().startswith("<") else text).split())[:SHOWN]
        return "".join(one if one.isprintable() else "\ufffd" for one in line)

    def vectors(self, amount: int) -> Vectors:
        """One row for each of `amount` texts, in their order, of whatever length. Raises Misshapen."""
        rows = self._rows()
        if len(rows) < amount:
            raise TooFew(f"it has {len(rows)} vectors for {amount} texts")
        try:
            by_place = dict(zip(_places(rows), rows, strict=True))
            if len(rows) > amount or by_place.keys() != set(range(amount)):
                raise Misshapen("its vectors are not numbered as the texts are")
            vectors = np.array([by_place[place]["embedding"] for place in range(amount)], dtype=np.float64)
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise Misshapen("its vectors are no equal lists of numbers") from error
        if vectors.ndim != 2 or not vectors.size:
            raise Misshapen(
                "its vectors are empty" if vectors.ndim == 2 else "its vectors are no equal lists of numbers"
            )
        if not np.isfinite(vectors).all():
            raise Misshapen("its vectors have numbers that are none")
        return vectors

    def _rows(self) -> list[dict[str, Any]]:
        try:
            rows = orjson.loads(self.content)["data"]
        except orjson.JSONDecodeError as error:
            raise Misshapen("it is no JSON") from error
        except (KeyError, TypeError) as error:
            raise Misshapen("it has no `data`") from error
        if not (isinstance(rows, list) and all(isinstance(row, dict) for row in rows)):
            raise Misshapen("its `data` is no list of vectors")
        return rows


def _places(rows: list[dict[str, Any]]) -> list[Any]:
    """Which text each row is of. Some number none, and some leave out the number 0, as their protocol does."""
    places = [row.get("index") for row in rows]
    if all(place is None for place in places):
        return list(range(len(rows)))
    return [0 if "index" not in row else place for row, place in zip(rows, places, strict=True)]
