"""Vectors of unit length: their distance then is by their direction alone."""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.embedders.embedder import TextRefused


def of_unit_length(vectors: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """The rows, each divided by its length; raises TextRefused where one has none, as that of an empty text."""
    wide = vectors.astype(np.float64)
    largest = np.abs(wide).max(axis=1, keepdims=True)
    if not np.isfinite(largest).all():
        raise TextRefused("The model answers numbers for this text that are none")
    if not (largest > 0).all():
        raise TextRefused("The model finds no word in this text")
    scaled = wide / largest  # the square of a large number would not fit even here
    unit: npt.NDArray[np.float32] = (scaled / np.linalg.norm(scaled, axis=1, keepdims=True)).astype(np.float32)
    return unit
