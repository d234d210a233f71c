"""Changing the model that searches read by, under traffic.

Each step can be run again, so a switch that was cut off is completed by the same command. The new model is filled
while the servers go on: from its first moment they embed in it what people write. Its indexes are built when it is
full, which is faster, and without holding anybody up. Then it becomes the active one, in one transaction. Every server
follows within a second or two; the old model keeps its rows until none can read it any more.
"""

import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias

import asyncpg

from app.db.engine import Database
from app.indexing.backfill import amount_due, missing, moment, queue_missing, remove_embeddings
from app.indexing.queue import embedding
from app.indexing.worker import Worker
from app.refusal import Refusal
from app.search.embedding_models import Model, living_models
from app.search.models import LARGEST_DIMENSION, ModelState

KINDS = ("TASK", "CHUNK")
LINGERING = 6.0  # seconds: longer than a server believes what it last saw (registry.py), and its last search takes
SETTLING = 1.0  # seconds in which what people write is embedded
COUNTING = 1.0  # seconds between two counts of what is left: one of a million takes a tenth of that
LONGEST_WAIT = 10.0  # seconds between two looks at what others have taken
# Of the graph that an index is, more than pgvector has by default: of 105,000 vectors much alike, it found 0.94 of the
# exact ten in place of 0.85, and took 100 s to build in place of 55.
GRAPH = "m = 24, ef_construction = 128"
MEMORY = "256MB"  # to build an index in: 100,000 vectors; more are built, but slower

REGISTER = """
INSERT INTO embedding_models (id, name, dimension, state)
SELECT coalesce(max(id), 0) + 1, $1, $2, 'building' FROM embedding_models ON CONFLICT (name) DO NOTHING
"""
MEASURED = "UPDATE embedding_models SET floor = $2 WHERE name = $1"
TURN = "UPDATE embedding_models SET state = $2 WHERE id = $1 AND state = $3"
FORGET = "DELETE FROM embedding_models WHERE id = $1 AND state = 'retiring'"

Owner: TypeAlias = "asyncpg.Connection[Any]"
Progress = Callable[[int, int], None]  # how many texts of how many


class ModelTooLarge(Refusal):
    """The model makes more numbers of a text than an index can hold."""


class ModelRetiring(Refusal):
    """The model is on its way out."""


async def find_model(database: Database, name: str | None) -> Model | None:
    """The living model of that name; without a name the active one."""
    async with embedding(database) as fetch:
        living = await living_models(fetch)
    wanted = [model for model in living if (model.state is ModelState.ACTIVE if name is None else model.name == name)]
    return wanted[0] if wanted else None


async def register(owner: Owner, database: Database, name: str, dimension: int, floor: float | None = None) -> Model:
    """The model, which the servers fill from now on with what people write; raises ModelTooLarge and ModelRetiring.

    Its `floor` is kept where one is given.
    """
    if dimension > LARGEST_DIMENSION:
        raise ModelTooLarge(
            f"{name} makes {dimension:,} numbers of a text, and an index can hold {LARGEST_DIMENSION:,}: take another"
        )
    await owner.execute(REGISTER, name, dimension)
    if floor is not None:
        await owner.execute(MEASURED, name, floor)
    model = await find_model(database, name)
    if model is None or model.state is ModelState.RETIRING:
        raise ModelRetiring(f"{name} is being removed: run the command that replaced it again, and then this one")
    return model


async def fill(worker: Worker, model: Model, progress: Progress) -> None:
    """Returns when the model has every text, but for those that it failed at and what people wrote this second.

    `worker` has it as its target. What others have taken is waited for: it is done, or given up, in minutes. Raises
    EmbedderUnavailable where the model is down. Servers embed along.
    """
    total, wait = 0, SETTLING
    while True:
        total += await queue_missing(worker.database, model.id)
        worked = await _work_off(worker, total, progress)
        wait = SETTLING if worked else min(wait * 2, LONGEST_WAIT)
        if not await _lacks(worker.database, model, wait):
            return


async def _work_off(worker: Worker, total: int, progress: Progress) -> int:
    """Embeds what is due by now; answers how many texts it took. Not until nothing is due: what people write meanwhile
    may never end."""
    worked, time = 0, asyncio.get_running_loop().time
    now = await moment(worker.database)
    waiting, counted_at = await amount_due(worker.database, now), time()
    while waiting > 0:
        total = max(total, waiting)
        progress(total - waiting, total)
        taken = await worker.work()
        if not taken:
            break
        worked, waiting = worked + taken, waiting - taken
        if waiting <= 0 or time() > counted_at + COUNTING:  # servers take some, too
            waiting, counted_at = await amount_due(worker.database, now), time()
    return worked


async def _lacks(database: Database, model: Model, wait: float) -> bool:
    """Whether the model lacks a text for longer than what people write is on its way."""
    before = await missing(database, model.id)
    if not before:
        return False
    await asyncio.sleep(wait)
    return not before.isdisjoint(await missing(database, model.id))


async def index(owner: Owner, model: Model) -> None:
    """Builds the model's indexes, those again that a crash left half built."""
    await owner.execute(f"SET maintenance_work_mem = '{MEMORY}'")
    for kind in KINDS:
        name = index_name(model, kind)
        if not await owner.fetchval("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)", name):
            await owner.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            await owner.execute(
                f"CREATE INDEX CONCURRENTLY {name} ON embeddings USING hnsw"
                f" ((embedding::vector({model.dimension})) vector_cosine_ops) WITH ({GRAPH})"
                f" WHERE model_id = {model.id} AND kind = '{kind}'"
            )
    await owner.execute(TURN, model.id, ModelState.READY.value, ModelState.BUILDING.value)


def index_name(model: Model, kind: str) -> str:
    return f"ix_embeddings_model_{model.id}_{kind.lower()}"


async def activate(owner: Owner, model: Model) -> None:
    """Lets searches read the model; the one that they read before retires."""
    async with owner.transaction():
        await owner.execute(
            "UPDATE embedding_models SET state = 'retiring' WHERE state = 'active' AND id <> $1", model.id
        )
        await owner.execute(TURN, model.id, ModelState.ACTIVE.value, ModelState.READY.value)


async def retire(owner: Owner, database: Database) -> list[Model]:
    """Removes what no server reads any more of the models that retire; answers them."""
    async with embedding(database) as fetch:
        retiring = [model for model in await living_models(fetch) if model.state is ModelState.RETIRING]
    if retiring:
        await asyncio.sleep(LINGERING)
    for model in retiring:
        for kind in KINDS:
            await owner.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {index_name(model, kind)}")
        await remove_embeddings(database, model.id)
        await owner.execute(FORGET, model.id)
    return retiring
