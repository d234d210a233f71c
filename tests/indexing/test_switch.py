"""A model takes over from another while people search and write."""

from typing import Any

import pytest

from app.indexing import registry, switch
from tests.embedders.embedder_server import serving_embeddings
from tests.indexing.switching import switch_beside, switch_under_load


async def test_no_search_fails_and_no_write_waits(new_database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "TRUSTED", 1.5)
    monkeypatch.setattr(switch, "LINGERING", 2.0)
    async with serving_embeddings() as server:
        noticed = await switch_under_load(await new_database(), server, switch_beside, tasks=60)

    assert noticed.said == "Searches read openai:new, which has every text. wordllama is gone."
    assert noticed.short == []
    assert len(noticed.searches) > 20
    assert len(noticed.writes) > 20
    assert noticed.waited < 0.1
    assert noticed.left == 0
