"""What processes that are forked from one share of a model: one that was loaded before."""

import os

from app.config import Settings
from app.embedders.embedder import Embedder, load_embedder

# Its 80 MB are arrays and tables that are only read, and loading it starts no thread. onnxruntime starts some, which a
# fork would lose, and APIs have nothing to load.
FORKED_WELL = "wordllama"


def preload(settings: Settings) -> Embedder | None:
    """The model that TRELLIS_EMBEDDER names, where a fork can take it along; it must not be used before that."""
    if settings.embedder != FORKED_WELL:
        return None
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's, which would start here; none of ours uses them
    return load_embedder(settings.embedder, None, settings)
