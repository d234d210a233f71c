"""The organizations that are searched: each collection is one, and three of very different size are beside them."""

import random
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg

from app.config import Settings
from app.embedders.embedder import Embedder, load_embedder
from app.indexing.switch import GRAPH
from app.migrations.migrate import migrate
from app.postgres import embedded
from app.postgres.server import Addresses
from benchmarks.search.collections import Collection
from benchmarks.search.fill import Filled, Filler

INDEX = """
CREATE INDEX ix_embeddings_model_1_task ON embeddings
USING hnsw ((embedding::vector({dimension})) vector_cosine_ops) WITH ({graph}) WHERE model_id = 1 AND kind = 'TASK'
"""
MODEL = "UPDATE embedding_models SET name = $1, dimension = $2, floor = $3 WHERE id = 1"


@dataclass(frozen=True)
class Dataset:
    """Where PostgreSQL is, what turns texts into vectors, and the organizations by their names or sizes."""

    addresses: Addresses
    embedder: Embedder
    judged: dict[str, Filled]
    sized: dict[int, Filled]


@contextmanager
def postgres() -> Iterator[Addresses]:
    """A migrated PostgreSQL for the time of the block."""
    with (
        TemporaryDirectory(prefix="trellis-benchmark-") as directory,
        embedded.run(Path(directory), durable=False) as addresses,
    ):
        migrate(addresses.owner_url, addresses.runtime_url)
        yield addresses


@asynccontextmanager
async def filled(
    addresses: Addresses, collections: Sequence[Collection], sizes: Sequence[int], embedder: str
) -> AsyncIterator[tuple[Dataset, "asyncpg.Connection[Any]"]]:
    """All organizations in one database, with a superuser's connection to it. The index of the vectors is built last:
    that takes a tenth of the time."""
    model = load_embedder(embedder, None, Settings())
    superuser = await asyncpg.connect(addresses.superuser_url)
    try:
        await superuser.execute("DROP INDEX ix_embeddings_model_1_task; ALTER DATABASE trellis SET jit = off")
        await superuser.execute(MODEL, embedder, model.dimension, model.floor)
        filler = Filler(superuser, model, 1)
        judged = {one.name: await filler.fill(slug(one.name), one.texts) for one in collections}
        texts = invented(collections, max(sizes, default=0))
        sized = {size: await filler.fill(f"size-{size}", texts[:size]) for size in sizes}
        await superuser.execute("SET maintenance_work_mem = '1GB'")
        await superuser.execute(INDEX.format(dimension=model.dimension, graph=GRAPH))
        await superuser.execute("VACUUM ANALYZE")
        yield Dataset(addresses, model, judged, sized), superuser
    finally:
        await superuser.close()


def slug(name: str) -> str:
    return name.replace("_", "-")


def invented(collections: Sequence[Collection], amount: int) -> list[tuple[str, str]]:
    """So many different texts out of those of the collections: each is the halves of two of them."""
    every = [f"{title} {body}".split() for one in collections for title, body in one.texts]
    draw = random.Random(42)
    texts = []
    for _ in range(amount):
        first, second = draw.choice(every), draw.choice(every)
        words = first[: len(first) // 2] + second[len(second) // 2 :]
        texts.append((" ".join(words[:8]), " ".join(words[8:200])))
    return texts
