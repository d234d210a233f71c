"""Measuring below which similarity texts have nothing to do with each other, for a model of which that is not known.

Of models that come along it was found on collections with relevance judgements (docs/decisions/0011-search.md). This
takes three dozen texts in place of thousands, and gives nearly the same for them.
"""

import numpy as np

from app.embedders.embedder import Embedder, EmbedderUnavailable, TextRefused, Vectors
from app.search.embedding_models import NO_FLOOR

# Each with another that means the same.
WORK = [
    ("Login fails with a wrong password error", "Users cannot sign in"),
    ("The nightly export takes too long", "Data export is slow"),
    ("Add a dark theme to the settings page", "Support dark mode"),
    ("The app crashes when the connection drops", "Crash after losing the network"),
    ("Write documentation for the API", "Document our endpoints"),
    ("Invoices show the wrong tax", "Tax on the bill is incorrect"),
    ("Send a reminder before tasks are due", "Notify people of due dates by email"),
    ("Upgrade the database to the newest version", "Update the database server"),
    ("The button has no contrast on small screens", "The button is hard to see on phones"),
    ("Hire a designer for the marketing team", "Find a new designer for marketing"),
    ("Prepare slides for the quarterly meeting", "Presentation for the quarterly review"),
    ("Customers ask for a refund after a late delivery", "Refund orders that were delivered late"),
]
FOREIGN = [
    "how long to roast a leg of lamb",
    "the best time to plant tulip bulbs",
    "why cats purr",
    "who won the football world cup",
    "a sonnet about love",
    "the history of the Ottoman empire",
    "symptoms of measles in children",
    "knitting a woollen scarf",
    "breeding habits of penguins",
    "the grape harvest in Burgundy",
    "baroque music for the harpsichord",
    "medieval castles along the Rhine",
    "giraffe",
    "volcano",
    "zxcvbnm qwrtp",
    "asdf jkl",
]
# Above the mean of those that have nothing to do with each other: of ten thousand, some are as similar by chance. It
# gives wordllama and minilm 0.22, where the collections gave them 0.22 and 0.24.
DEVIATIONS = 3.4


async def measured_floor(embedder: Embedder) -> float:
    """NO_FLOOR where the model hardly tells what belongs together from what does not; raises EmbedderUnavailable."""
    work = [text for pair in WORK for text in pair]
    vectors = await _embedded(embedder, [*work, *FOREIGN])
    said, other = vectors[: len(work) : 2], vectors[1 : len(work) : 2]
    foreign = (vectors[: len(work)] @ vectors[len(work) :].T).ravel()
    floor = float(foreign.mean() + DEVIATIONS * foreign.std())
    together = (said * other).sum(axis=1)
    return floor if (together > floor).mean() > 0.9 else NO_FLOOR


async def _embedded(embedder: Embedder, texts: list[str]) -> Vectors:
    parts = [texts[start : start + embedder.max_batch] for start in range(0, len(texts), embedder.max_batch)]
    try:
        return np.concatenate([await embedder.embed(part) for part in parts])
    except TextRefused as error:
        raise EmbedderUnavailable(f"{embedder.name} makes nothing of plain English: {error}") from error
