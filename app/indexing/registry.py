"""The models of one process: it follows which of them live, and loads each when it is first needed."""

import asyncio
import logging
from contextlib import suppress
from itertools import count
from uuid import UUID

import asyncpg

from app.config import Settings
from app.db.engine import LOST, Database, DatabaseUnavailable
from app.embedders.embedder import Embedder, EmbedderUnavailable, TextRefused, as_text, load_embedder
from app.graph.embedding import ModelUnavailable, NothingMeant, QueryEmbedding
from app.indexing.asked import counting
from app.indexing.health import late_organizations
from app.indexing.queue import embedding
from app.search.embedding_models import Model, living_models
from app.search.models import ModelState

logger = logging.getLogger("trellis")

KNOWN_TEXT = "a text"  # that every model knows
FOLLOWING = 1.0  # seconds between two looks at which model is the active one
RARELY = 10  # looks until it is looked, too, where texts have waited for long
LEISURE = 3  # looks until the model is loaded though nobody has needed it: a server that starts has better to do
TRUSTED = 4.0  # seconds for which the last look is believed; a model that leaves keeps its rows for longer (switch.py)
PATIENCE = 2.0  # seconds for a query: who searches would rather have soon what is found by words
LONGEST_USE = 120.0  # seconds after which nobody can be at work with a model that is gone: a batch takes less
REST = 5.0  # seconds for which a model that failed is not asked again, so that not every search waits for it


class ModelRegistry:
    """See EmbeddingModels."""

    def __init__(self, database: Database, settings: Settings, preloaded: Embedder | None = None) -> None:
        self.database = database
        self.settings = settings
        self.preloaded = preloaded
        self._listening: list[asyncio.Event] = []
        self._known = asyncio.Event()
        self._active: Model | None = None
        self._late: set[UUID] = set()
        self._looked_at = 0.0
        self._rests_until = 0.0
        self._reason = ""
        self._loading: dict[tuple[int, str, int], asyncio.Future[Embedder]] = {}  # and those that are loaded
        self._closing: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        for woken in self._listening:
            woken.set()

    def listen(self) -> asyncio.Event:
        """What each `wake` sets. One for each loop: who looks clears it, and would take it from another that is at work
        yet, and would look only when that is done."""
        woken = asyncio.Event()
        self._listening.append(woken)
        return woken

    def lacks_texts(self, organization_id: UUID) -> bool:
        return organization_id in self._late

    async def embed(self, text: str) -> QueryEmbedding:
        now = asyncio.get_running_loop().time()
        if now < self._rests_until:
            raise ModelUnavailable(self._reason)
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._embed(text)
        except TextRefused as error:
            await self._require()
            raise NothingMeant(str(error)) from error
        except (EmbedderUnavailable, TimeoutError) as error:
            self._reason = str(error) or "The model takes too long to answer"
            self._rests_until = now + REST
            raise ModelUnavailable(self._reason) from error

    async def _require(self) -> None:
        """Raises ModelUnavailable where no text is at fault: a wrong key, too, may be told in such words."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._embed(KNOWN_TEXT)
        except (TextRefused, EmbedderUnavailable, TimeoutError) as error:
            raise ModelUnavailable(str(error)) from error

    async def _embed(self, text: str) -> QueryEmbedding:
        await self._known.wait()
        model = self._active
        if model is None or asyncio.get_running_loop().time() > self._looked_at + TRUSTED:
            raise EmbedderUnavailable("No model is active: `trellis doctor` says why")
        embedder = await self.embedder(model)
        with counting("query", 1):
            (vector,) = await embedder.embed([text])
        floor = embedder.floor_for(text, model.floor)
        return QueryEmbedding(model.id, model.dimension, embedder.weight, floor, as_text(vector))

    async def embedder(self, model: Model) -> Embedder:
        """The embedder of that model, loaded once; raises EmbedderUnavailable, and tries again when asked again."""
        loading = self._loading.get(key_of(model)) or self._load(model)
        return await asyncio.shield(loading)  # others may wait for it, too

    def _load(self, model: Model) -> asyncio.Future[Embedder]:
        loading = self._loading[key_of(model)] = asyncio.ensure_future(self._loaded(model))

        def forget(done: asyncio.Future[Embedder]) -> None:
            """By itself: each of those who wait would forget what the next has begun to load, or none if all left."""
            if failed(done) and self._loading.get(key_of(model)) is done:
                del self._loading[key_of(model)]

        loading.add_done_callback(forget)
        return loading

    async def _loaded(self, model: Model) -> Embedder:
        there = self.preloaded
        if there is not None and (there.name, there.dimension) == (model.name, model.dimension):
            return there
        return await asyncio.to_thread(load_embedder, model.name, model.dimension, self.settings)

    async def follow(self) -> None:
        """Looks again and again which model is active, until it is cancelled. Not when a search asks: that holds a
        connection, and would wait for another."""
        for look in count():
            try:
                await self._look()
                if look % RARELY == 0:
                    self._late = await late_organizations(self.database)
            except (DatabaseUnavailable, *LOST, asyncpg.PostgresError):
                logger.debug("which model is active could not be found out", exc_info=True)
            if look == LEISURE and self._active is not None:
                with suppress(EmbedderUnavailable):  # the first search will be told
                    await self.embedder(self._active)
            await asyncio.sleep(FOLLOWING)

    async def _look(self) -> None:
        async with embedding(self.database) as fetch:
            living = await living_models(fetch)
        self._let_go_of_all_but(living)
        active = next((model for model in living if model.state is ModelState.ACTIVE), None)
        if active and self._active and active != self._active:
            with suppress(EmbedderUnavailable):
                await self.embedder(active)  # before it takes over, so that no search waits for it
        self._active = active
        self._looked_at = asyncio.get_running_loop().time()
        if active and not self._known.is_set():
            self._known.set()
            if active.name != self.settings.embedder:
                chosen = self.settings.embedder
                logger.warning("searches read %s and not %s: run `trellis embed --switch`", active.name, chosen)

    def _let_go_of_all_but(self, living: list[Model]) -> None:
        """Frees what models that are gone hold. Whoever is still at work with one ends that first."""
        for key in self._loading.keys() - {key_of(model) for model in living}:
            if self._loading[key].done() and not failed(self._loading[key]):
                closing = asyncio.create_task(_close_later(self._loading.pop(key)))
                self._closing.add(closing)
                closing.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Lets go of what the models hold."""
        for closing in self._closing:
            closing.cancel()
        await asyncio.gather(*self._closing, return_exceptions=True)
        for loaded in await asyncio.gather(*self._loading.values(), return_exceptions=True):
            if not isinstance(loaded, BaseException):
                await loaded.close()


async def _close_later(loaded: asyncio.Future[Embedder]) -> None:
    try:
        await asyncio.sleep(LONGEST_USE)
    finally:
        await loaded.result().close()


def failed(done: asyncio.Future[Embedder]) -> bool:
    """Whether a model could not be loaded."""
    return done.cancelled() or done.exception() is not None


def key_of(model: Model) -> tuple[int, str, int]:
    """What a model is known by: a name or an id may come back as another model's."""
    return model.id, model.name, model.dimension
