"""`trellis embed`: texts get their embeddings, and searches another model to read by."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import typer

from app import time_limits
from app.config import DATA_DIRECTORY, Settings
from app.db.analyze import analyze
from app.db.engine import Database
from app.embedders.embedder import Embedder, EmbedderUnavailable, load_embedder
from app.embedders.measure import measured_floor
from app.indexing.health import Health, examine
from app.indexing.registry import ModelRegistry
from app.indexing.retry import retry_parked
from app.indexing.switch import Owner, Progress, activate, fill, find_model, index, register, retire
from app.indexing.word_counts import WordCounter
from app.indexing.worker import Worker
from app.main import SEARCHABLES
from app.migrations.migrate import connect_as_owner
from app.refusal import Refusal
from app.search.embedding_models import Model
from app.terminal.database import explained, reach_both
from app.terminal.environment import read_settings
from app.terminal.options import DataOption
from app.terminal.progress import gauge
from app.terminal.say import say


class EmbeddingStopped(Refusal):
    """The model does not work here, or no longer."""


class EmbeddingIncomplete(Refusal):
    """The model makes nothing of some texts."""


def embed(
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="wordllama, minilm or openai:NAME; else the active one, with --switch TRELLIS_EMBEDDER.",
        ),
    ] = None,
    switch: Annotated[bool, typer.Option("--switch", help="Let searches read this model from now on.")] = False,
    data: DataOption = DATA_DIRECTORY,
) -> None:
    """Embed what a model lacks, and once more what failed. It can be stopped; run again, it goes on from there.

    It ends when nothing more can be done now. With status 1 some texts are left, and it says why. Servers embed what
    people write by themselves, and go on meanwhile. With --switch the model becomes the one that
    searches read, once it has everything; the one before is removed. No search fails or waits for it.
    """
    settings = read_settings()
    name = model or (settings.embedder if switch else None)
    with reach_both(data) as (owner_url, runtime_url), explained(), gauge("Embedding") as progress:
        wanted = settings.model_copy(update={"database_url": runtime_url})
        try:
            said = asyncio.run(fill_and_switch(wanted, owner_url, name, switch=switch, progress=progress))
        except EmbedderUnavailable as error:
            raise EmbeddingStopped(f"{error}") from error
    say(said)


async def fill_and_switch(
    settings: Settings, owner_url: str, name: str | None, *, switch: bool, progress: Progress
) -> str:
    """What was done, for people. Raises EmbeddingStopped, and EmbeddingIncomplete where it has done all the rest."""
    async with _opened(settings, owner_url) as (owner, models):
        database = models.database
        known = await find_model(database, name)
        name, dimension = (known.name, known.dimension) if known else (str(name), None)
        embedder = await asyncio.to_thread(load_embedder, name, dimension, settings)
        try:
            floor = await _floor(embedder, known)
        finally:
            await embedder.close()
        model = await register(owner, database, name, embedder.dimension, floor)
        worker = Worker(database, models, SEARCHABLES, target=model.id)
        await retry_parked(database)
        await _fill(worker, model, progress)
        await index(owner, model)
        said = f"{name} has every text."
        if switch:
            await _fill(worker, model, progress)  # what was written while the indexes were built
            await activate(owner, model)
            said = _said(name, await retire(owner, database))
        counter = WordCounter(database)
        while await counter.work():
            pass
        return _complete(said, await examine(database))


async def _floor(embedder: Embedder, known: Model | None) -> float | None:
    """As the model says, or measured once; None where it has been."""
    if embedder.floor is not None:
        return embedder.floor
    return await measured_floor(embedder) if known is None or known.measured_floor is None else None


async def _fill(worker: Worker, model: Model, progress: Progress) -> None:
    try:
        await fill(worker, model, progress)
    except EmbedderUnavailable as error:
        waiting = (await examine(worker.database)).waiting
        raise EmbeddingStopped(
            f"{error}. {waiting:,} texts are left; what is embedded stays: run the command again"
        ) from error


def _complete(said: str, health: Health) -> str:
    """`said`, where that is all there is to say."""
    if health.amount_parked:
        raise EmbeddingIncomplete(
            f"{said.replace('every text', f'every text but {health.amount_parked:,}')} The last of those failed with: "
            f"{health.parked[0]['error']}; `trellis doctor` names them, and this command tries them again"
        )
    return said


def _said(name: str, retired: list[Model]) -> str:
    gone = "".join(f" {model.name} is gone." for model in retired)
    return f"Searches read {name}, which has every text.{gone}"


@asynccontextmanager
async def _opened(settings: Settings, owner_url: str) -> AsyncIterator[tuple[Owner, ModelRegistry]]:
    """A connection as the owner of the tables, and the models as the server has them."""
    async with connect_as_owner(owner_url) as owner:
        # Looking through all texts of a large organization for what is missing takes some time.
        database = Database.open(settings, time_limits.HOUSEKEEPING, size=2)
        models = ModelRegistry(database, settings)
        try:
            yield owner, models
        finally:
            await models.close()
            await database.close()
            await analyze(owner)  # its sessions are over, so all that they wrote is counted
