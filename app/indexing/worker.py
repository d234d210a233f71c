"""The worker of every server process: it embeds what is queued, a batch of one organization after the other's."""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from app.db.engine import Database
from app.db.statement import Fetch
from app.embedders.embedder import EmbedderUnavailable, as_text
from app.indexing.embeddings import Made, Waiting, read_texts, write_vectors
from app.indexing.queue import Job, finish, give_back, hold, next_organization, postpone, take
from app.indexing.registry import LocalMeanings
from app.indexing.transaction import embedding
from app.indexing.word_counts import count_words
from app.log import named
from app.search.embedding_models import Model, filled_models
from app.search.searchable import Searchable

logger = logging.getLogger("trellis")

BATCH = 32  # texts that are taken at once
WRITTEN = 5  # texts to a transaction: an index takes 5 ms for each, and all are undone where one has changed
NOBODY = UUID(int=0)


class Overtaken(Exception):
    """Some texts have been written anew since they were taken; only those of `left` have not."""

    def __init__(self, left: set[UUID]) -> None:
        super().__init__(left)
        self.left = left


class Worker:
    """Embeds what is queued of these kinds, in each of the models that live."""

    def __init__(self, database: Database, meanings: LocalMeanings, searchables: Sequence[Searchable]) -> None:
        self.database = database
        self.meanings = meanings
        self.searchables = searchables
        self._last = NOBODY

    async def work(self) -> int:
        """Embeds a batch of one organization; answers how many texts it took, none where nothing is due.

        Raises EmbedderUnavailable where a model that is needed does not work, and then leaves everything as it was.
        """
        async with embedding(self.database) as fetch:
            organization_id = await next_organization(fetch, self._last)
        if organization_id is None:
            return 0
        self._last = organization_id
        async with embedding(self.database, organization_id) as fetch:
            living = await filled_models(fetch)
            taken = await take(fetch, organization_id, BATCH)
        try:
            async with embedding(self.database, organization_id) as fetch:  # who writes one waits for the taking alone
                waiting = await read_texts(fetch, self.searchables, organization_id, taken)
            await self._embed(organization_id, living, waiting)
        except (EmbedderUnavailable, asyncio.CancelledError) as error:
            async with embedding(self.database, organization_id) as fetch:
                await give_back(fetch, organization_id, taken)
            if isinstance(error, EmbedderUnavailable):
                await self._count(organization_id, taken)
            raise
        await self._count(organization_id, taken)
        return len(taken)

    async def _count(self, organization_id: UUID, taken: Sequence[Job]) -> None:
        """After the texts are embedded: now and then it takes seconds."""
        for kind, changed in Counter(job.kind for job in taken).items():
            async with embedding(self.database, organization_id) as fetch:
                await count_words(fetch, organization_id, kind, changed)

    async def _embed(self, organization_id: UUID, living: Sequence[Model], waiting: Sequence[Waiting]) -> None:
        """Where one text is at fault the others are embedded all the same."""
        try:
            made = [one for model in living for one in await self._made(model, waiting)]
        except EmbedderUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  # whatever a model says of a text must not stop the others
            if len(waiting) > 1:
                for one in waiting:
                    await self._embed(organization_id, living, [one])
            else:
                logger.warning("a text could not be embedded: %s", named(error))
                async with embedding(self.database, organization_id) as fetch:
                    await postpone(fetch, organization_id, [one.job for one in waiting], str(error) or repr(error))
            return
        for first in range(0, len(waiting), WRITTEN):
            await self._write(organization_id, living, waiting[first : first + WRITTEN], made)

    async def _made(self, model: Model, waiting: Sequence[Waiting]) -> list[Made]:
        """What the model makes of those that it does not have; nothing where it does not work and is not needed."""
        unknown = [one for one in waiting if model.id not in one.known_by]
        made: list[Made] = []
        try:
            embedder = await self.meanings.embedder(model) if unknown else None
            while embedder and (part := unknown[len(made) : len(made) + embedder.max_batch]):
                vectors = await embedder.embed([one.text for one in part])
                made += [Made(one, model.id, as_text(row)) for one, row in zip(part, vectors, strict=True)]
        except EmbedderUnavailable:
            if model.needed:
                raise
        return made

    async def _write(
        self, organization_id: UUID, living: Sequence[Model], part: Sequence[Waiting], made: Sequence[Made]
    ) -> None:
        """Writes those whose text is still what was embedded; the others are left to whoever takes them next."""
        left = [one.job for one in part]
        while left:
            try:
                async with embedding(self.database, organization_id) as fetch:
                    await self._put(fetch, organization_id, living, left, made)
                return
            except Overtaken as overtaken:
                left = [job for job in left if job.subject_id in overtaken.left]

    async def _put(
        self, fetch: Fetch, organization_id: UUID, living: Sequence[Model], jobs: Sequence[Job], made: Sequence[Made]
    ) -> None:
        """Writes vectors for the models that are still there, and ends the jobs; where a model has come meanwhile, they
        stay due. The jobs are locked last: who writes a text would wait for all that the indexes take, otherwise."""
        there = {model.id for model in await filled_models(fetch)}
        written = [one for one in made if one.waiting.job in jobs and one.model_id in there]
        await write_vectors(fetch, organization_id, written)
        held = await hold(fetch, organization_id, jobs)
        if len(held) < len(jobs):
            raise Overtaken(held)
        if {model.id for model in await filled_models(fetch)} <= {model.id for model in living}:
            await finish(fetch, organization_id, jobs)
        else:
            await give_back(fetch, organization_id, jobs)
