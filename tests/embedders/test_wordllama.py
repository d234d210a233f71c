"""The default model: unit vectors in which like is near like, and nothing for what has no words."""

import numpy as np
import pytest

from app.config import Settings
from app.embedders.embedder import Embedder, EmbedderUnavailable, TextRefused, load_embedder
from app.embedders.wordllama import LONGEST


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder("wordllama", 256, Settings())


async def test_vectors_are_of_unit_length_and_like_is_near_like(embedder: Embedder) -> None:
    login, sign_in, invoice = await embedder.embed(["Login fails", "Users cannot sign in", "Invoices lack the VAT"])

    assert np.linalg.norm([login, sign_in, invoice], axis=1) == pytest.approx(1)
    assert login @ sign_in > 2 * (login @ invoice)


async def test_a_text_is_embedded_alone_as_it_is_among_longer_ones(embedder: Embedder) -> None:
    texts = ["Login fails", "a much longer text " * 300]

    together = await embedder.embed(texts)

    for text, row in zip(texts, together, strict=True):
        assert ((await embedder.embed([text]))[0] == row).all()


async def test_only_the_beginning_of_a_long_text_counts(embedder: Embedder) -> None:
    beginning = "word " * (LONGEST // 5)

    whole, cut = await embedder.embed([beginning + "invoice " * 1_000, beginning])

    assert (whole == cut).all()


async def test_what_has_no_words_is_refused(embedder: Embedder) -> None:
    with pytest.raises(TextRefused, match="finds no word"):
        await embedder.embed(["Login fails", ""])


@pytest.mark.parametrize("name", ["", "word2vec", "openai", "wordllama:256"])
def test_a_name_that_is_none_says_which_there_are(name: str) -> None:
    with pytest.raises(EmbedderUnavailable, match="name wordllama, minilm or openai:MODEL"):
        load_embedder(name, None, Settings())
