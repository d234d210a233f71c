"""Vectors of unit length: their distance then is by their direction alone."""

import numpy as np
import numpy.typing as npt

from app.embedders.embedder import TextRefused


def of_unit_length(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The rows, each divided by its length; raises TextRefused where one has none, as that of an empty text."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (np.isfinite(lengths).all() and (lengths > 0).all()):
        raise TextRefused("The model finds no word in this text")
    unit: npt.NDArray[np.float32] = (vectors / lengths).astype(np.float32)
    return unit
