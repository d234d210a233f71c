"""How good results are: nDCG@10, recall@10 and MRR, and how much of the exact ranking the index of vectors finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2
from statistics import fmean
from typing import Any
from uuid import UUID

import asyncpg

from app.embedders.embedder import Embedder, as_text
from app.graph.embedding import QueryEmbedding
from app.ranking.query import read_query
from app.ranking.vectors import floor_of
from app.search.embedding_models import NO_FLOOR
from benchmarks.search.client import LONGEST_QUERY, Client
from benchmarks.search.collections import Collection
from benchmarks.search.dataset import Dataset
from benchmarks.search.fill import Filled

MODES = ("HYBRID", "SEMANTIC", "FULL_TEXT")
# The exact neighbours: the sum keeps PostgreSQL from its index.
EXACT = """
SELECT subject_id, embedding <=> $2::text::vector AS distance
FROM embeddings JOIN tasks ON tasks.organization_id = embeddings.organization_id AND id = subject_id
WHERE embeddings.organization_id = $1 AND kind = 'TASK' AND model_id = 1 AND ($3::uuid[] IS NULL OR team_id = ANY($3))
AND embedding <=> $2::text::vector <= 1 - $4::float8
ORDER BY (embedding <=> $2::text::vector) + 0 LIMIT 30
"""


EQUAL = 1e-9  # two distances that differ by less are the same one, added up in another order


@dataclass(frozen=True)
class Quality:
    """Averages over the queries of a collection."""

    ndcg: float
    recall: float
    mrr: float


async def quality(client: Client, collection: Collection, organization: Filled, mode: str) -> Quality:
    """What a mode finds of what is known to answer the queries."""
    scores = []
    for text, relevant in collection.queries:
        found = await client.search(organization.id, text, mode)
        places = {str(organization.tasks[one]) for one in relevant}
        scores.append(judge([one in places for one in found], len(places)))
    return Quality(*(fmean(one) for one in zip(*scores, strict=True)))


def judge(hits: Sequence[bool], relevant: int) -> tuple[float, float, float]:
    """nDCG@10, recall@10 and the reciprocal rank of one list of results, of which `hits` says which are relevant."""
    gains = [1 / log2(place + 2) for place in range(10)]
    gained = sum(gain for gain, hit in zip(gains, hits, strict=False) if hit)
    first = next((place for place, hit in enumerate(hits) if hit), None)
    return (
        gained / sum(gains[: min(relevant, 10)]),
        sum(hits) / min(relevant, 10),
        0.0 if first is None else 1 / (first + 1),
    )


def _floor(embedder: Embedder, words: str, organization: Filled) -> float:
    floor = embedder.floor_for(words, embedder.floor or NO_FLOOR)
    query = QueryEmbedding(1, embedder.dimension, embedder.weight, floor, "")
    return floor_of(query, "SEMANTIC", len(organization.tasks))


@dataclass(frozen=True)
class Neighbours:
    """How much of the exact ten the leg of meaning finds, and how many it finds of those asked for."""

    recall: float
    fewest: int


async def neighbours(  # what is asked, of whom, and beside what
    client: Client,
    superuser: "asyncpg.Connection[Any]",
    dataset: Dataset,
    organization: Filled,
    texts: Sequence[str],
    teams: list[UUID] | None = None,
) -> Neighbours:
    """The leg of meaning beside the exact ranking, within some teams if they are given."""
    condition = {"filter": {"team": {"id": {"in": [str(one) for one in teams]}}}} if teams else {}
    found = []
    for text in texts:
        asked = read_query(text[:LONGEST_QUERY])
        if asked.phrases or asked.unwanted:
            continue  # the closest are not what it asks for
        floor = _floor(dataset.embedder, asked.words, organization)
        (vector,) = await dataset.embedder.embed([asked.words])  # as the server reads it: two blanks are one
        exact = await superuser.fetch(EXACT, organization.id, as_text(vector), teams, floor)
        if not exact:
            continue
        ids = await client.search(organization.id, text, "SEMANTIC", **condition)
        # Of texts that are equally close, any will do.
        last = exact[min(len(exact), 10) - 1]["distance"] + EQUAL
        close = {str(row["subject_id"]) for row in exact if row["distance"] <= last}
        found.append((len(close & set(ids)) / min(len(exact), 10), len(ids)))
    return Neighbours(fmean(recall for recall, _ in found), min(amount for _, amount in found))
