"""What turns texts into vectors: the protocol of every embedder, and how one of them is chosen by its name."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Protocol, TypeAlias

import orjson

from app.config import Settings
from app.log import Loggable

# numpy's, of float32 and the shape (n, dimension). Importing it takes a tenth of the server's start, so only embedders
# do, which are imported when they are used.
Vectors: TypeAlias = Any


class EmbedderUnavailable(Loggable):
    """The model cannot be used now: it is not installed, does not answer, or is not the one that was expected."""


class RateLimited(EmbedderUnavailable):
    """The model works, and will not be asked so much: whatever it was asked, no text is at fault."""


class TextRefused(Loggable):
    """The model works, but makes nothing of one of these texts."""


class Embedder(Protocol):
    """A model. `name` is what TRELLIS_EMBEDDER calls it, `weight` how much it counts beside full text, from 0 to 1.

    A text that is less similar to a query than `floor` has nothing to do with it; None where that has to be measured
    (measure.py). `max_batch` may become less, where the model turns out to take fewer.
    """

    name: str
    dimension: int
    max_batch: int
    weight: float
    floor: float | None

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """A row of unit length for each of at most `max_batch` texts, without holding the event loop.

        Raises EmbedderUnavailable, and TextRefused where one of the texts is at fault.
        """

    def floor_for(self, query: str, floor: float) -> float:
        """The floor for this query: `floor`, or a higher one where the model knows none of its words."""

    async def close(self) -> None:
        """Lets connections go."""


# By the first word of a name. They are imported when they are used: each takes most of a second, and the libraries of
# one are not there unless they were asked for.
FAMILIES = {"wordllama": "app.embedders.wordllama", "minilm": "app.embedders.minilm", "openai": "app.embedders.openai"}


def load_embedder(name: str, dimension: int | None, settings: Settings) -> Embedder:
    """The embedder of that name: `wordllama`, `minilm`, `openai:MODEL`. Takes up to a second, minilm's first time ten.

    `dimension` is what it must have, None for whatever it has. Raises EmbedderUnavailable, with what to do about it.
    """
    family, _, model = name.partition(":")
    if family not in FAMILIES or bool(model) != (family == "openai"):
        raise EmbedderUnavailable(f"There is no embedder {name!r}: name wordllama, minilm or openai:MODEL")
    try:
        module: Any = import_module(FAMILIES[family])
    except ImportError as error:
        raise EmbedderUnavailable(
            f"The libraries of {name} are not installed ({error}): `pip install 'trellis-server[{family}]'`"
        ) from error
    embedder: Embedder = module.load(model, dimension, settings)
    if dimension not in (None, embedder.dimension):
        raise EmbedderUnavailable(f"{name} makes {embedder.dimension} numbers of a text, and not {dimension} as before")
    return embedder


def as_text(vector: Vectors) -> str:
    """A row as PostgreSQL reads vectors."""
    return orjson.dumps(vector, option=orjson.OPT_SERIALIZE_NUMPY).decode()
