"""What becomes of texts is counted, and what models are asked for."""

from collections import Counter

import pytest

from app.embedders import openai
from app.indexing import asked
from app.indexing.queue import MOST_ATTEMPTS, QUEUE
from app.metrics.counted import OUTCOMES
from tests.api import BESIDE
from tests.indexing.conftest import Site


class Own(Counter[str]):
    """Counts what the test does, and not what applications of this process do beside it in databases of theirs."""

    def __setitem__(self, name: str, amount: int) -> None:
        if not BESIDE.get():
            super().__setitem__(name, amount)


async def test_what_becomes_of_texts_is_counted(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai, "FIRST_WAIT", 0.01)
    site.server.refused = {"Task 1"}
    await site.tenant(3)
    monkeypatch.setattr(QUEUE, "outcomes", Own())
    embedded, failed, took = asked.EMBEDDED["texts"], asked.FAILED["texts"], sum(asked.TOOK["texts"].amounts)
    for _ in range(MOST_ATTEMPTS):
        await site.work()
        await site.superuser.execute("UPDATE embedding_jobs SET due_at = now()")
    told = {outcome: QUEUE.outcomes[outcome] for outcome in OUTCOMES}

    # All three together, then each alone: one of them until it was given up.
    assert await site.state() == [
        ("Task 1", False, MOST_ATTEMPTS, True),
        ("Task 2", True, None, False),
        ("Task 3", True, None, False),
    ]
    assert told == {"done": 2, "postponed": 3 + MOST_ATTEMPTS - 2, "given_back": 0, "given_up": 1}
    assert asked.EMBEDDED["texts"] - embedded >= 2
    assert asked.FAILED["texts"] - failed >= MOST_ATTEMPTS
    assert sum(asked.TOOK["texts"].amounts) - took >= 2 + MOST_ATTEMPTS
