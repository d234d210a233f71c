"""Vectors of unit length: their distance then is by their direction alone."""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.embedders.embedder import TextRefused


def of_unit_length(vectors: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """The rows, each divided by its length; raises TextRefused where one has none, as that of an empty text."""
    # A model may answer any number. The square of one that is large does not fit even here, and then has no length.
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    if not (np.isfinite(lengths).all() and (lengths > 0).all()):
        raise TextRefused("The model finds no word in this text")
    unit: npt.NDArray[np.float32] = (vectors / lengths).astype(np.float32)
    return unit
