"""The worker of every server process: it embeds what is queued, a batch of one organization after the other's."""

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TypeAlias
from uuid import UUID

import asyncpg

from app.db.engine import LOST, Database, DatabaseUnavailable
from app.db.statement import Fetch
from app.embedders.embedder import EmbedderUnavailable, RateLimited, TextRefused
from app.indexing.embeddings import Made, Waiting, read_texts, remove_vectors, write_vectors
from app.indexing.judge import Judge
from app.indexing.queue import FIRST_WAIT, MOST_ATTEMPTS, QUEUE, Job, embedding, pass_over, postpone
from app.indexing.registry import ModelRegistry
from app.indexing.search_texts import has_words
from app.indexing.word_counts import note_changes
from app.log import named
from app.queues.lease_queue import NO_WAIT
from app.queues.taker import Taker
from app.search.embedding_models import Model, filled_models
from app.search.searchable import Searchable

logger = logging.getLogger("trellis")

BATCH = 32  # texts that are taken at once
WRITTEN = 5  # texts to a transaction: an index takes 5 ms for each, and all are undone where one has changed
REST = 60.0  # seconds for which a model that is down and can wait is not asked; whoever fills another asks no more
LEFT = timedelta(minutes=1)  # until a text is due again that only such a model lacks
# What is said of texts, by a model or by PostgreSQL, and not of how either does.
REFUSED = (
    TextRefused,
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
)
KILLED = "Each time that it was being embedded the process was killed: `trellis embed` tries it again"

End: TypeAlias = Callable[[Fetch, Sequence[Job]], Awaitable[None]]  # what becomes of jobs whose vectors are written
Failures: TypeAlias = dict[Model, Exception]


class Overtaken(Exception):
    """Some texts have been written anew since they were taken; only those of `left` have not."""

    def __init__(self, left: set[UUID]) -> None:
        super().__init__(left)
        self.left = left


class Worker:
    """Embeds what is queued of these kinds, in each of the models that live.

    It cannot do without those that searches read, or without the one of the id `target` alone. That is how a model is
    filled: texts are tried again at once and not later, and what another model lacks is left to the servers.
    """

    def __init__(
        self,
        database: Database,
        models: ModelRegistry,
        searchables: Sequence[Searchable],
        target: int | None = None,
    ) -> None:
        self.database = database
        self.models = models
        self.searchables = searchables
        self.target = target
        self._judge = Judge(models)
        self._taker = Taker(QUEUE, database)
        self._most = BATCH
        self._rests: dict[int, float] = {}

    async def work(self) -> int:
        """Embeds a batch of one organization; answers how many texts it took, none where nothing is due.

        Raises EmbedderUnavailable where a model that it needs is down, and then leaves everything as it was.
        """
        taken = await self._taker.take(self._most)
        if taken:
            await self._embed_or_give_back(taken)
        return len(taken)

    def _needs(self, model: Model) -> bool:
        return model.needed if self.target is None else model.id == self.target

    async def _embed_or_give_back(self, taken: Sequence[Job]) -> None:
        organization_id = taken[0].organization_id
        try:
            living = await self._living()
            await self._note(organization_id, taken)
            for model in filter(self._needs, living):
                await self._judge.require(model)
            await self._embed(organization_id, living, taken)
        except REFUSED as error:
            reason = str(error) if isinstance(error, TextRefused) else named(error)
            async with embedding(self.database, organization_id) as fetch:
                await self._postpone(fetch, taken, reason)
        except BaseException as error:  # no text is at fault: they are due again at once
            await self._taker.give_back(taken)
            if not isinstance(error, RateLimited) or len(taken) == 1:
                raise
            self._most = len(taken) // 2
        else:
            self._most = min(BATCH, self._most + 1)

    async def _living(self) -> list[Model]:
        async with embedding(self.database) as fetch:
            return await filled_models(fetch)

    async def _postpone(self, fetch: Fetch, jobs: Sequence[Job], error: str) -> None:
        """Whoever fills a model says at the end what is left, and why."""
        if self.target is None:
            organization_id = jobs[0].organization_id
            logger.warning("%d texts could not be embedded and will be tried again: %s", len(jobs), organization_id)
        await postpone(fetch, jobs, error, FIRST_WAIT if self.target is None else NO_WAIT)

    async def _embed(self, organization_id: UUID, living: Sequence[Model], taken: Sequence[Job]) -> None:
        """Raises TextRefused where a batch is at fault, and nothing of it is written; a text alone is written all the
        same for the models that know it."""
        if any(job.attempts > MOST_ATTEMPTS for job in taken):
            raise TextRefused(KILLED)
        async with embedding(self.database, organization_id) as fetch:  # who writes one waits for the taking alone
            every = await read_texts(fetch, self.searchables, organization_id, taken)
        waiting = [one for one in every if has_words(one.text)]
        await self._write(organization_id, living, [one for one in every if one not in waiting], (), _let_go)
        made, failures = await self._made(living, waiting)
        end: End = QUEUE.remove
        if refusals := [error for model, error in failures.items() if self._needs(model)]:
            if len(taken) > 1:
                raise refusals[0]
            end = partial(self._postpone, error=str(refusals[0]))
        elif any(model.needed for model in failures):
            end = partial(QUEUE.give_back, wait=LEFT)
        for first in range(0, len(waiting), WRITTEN):
            await self._write(organization_id, living, waiting[first : first + WRITTEN], made, end)

    async def _made(self, living: Sequence[Model], waiting: Sequence[Waiting]) -> tuple[list[Made], Failures]:
        """What the models make of the texts that they do not have, and which of them make nothing of them.

        Raises EmbedderUnavailable where one is down that is needed.
        """
        made: list[Made] = []
        failures: Failures = {}
        for model in living:
            unknown = [one for one in waiting if model.id not in one.known_by]
            try:
                if unknown:
                    vectors = await self._vectors(model, unknown)
                    made += [Made(one, model.id, vector) for one, vector in zip(unknown, vectors, strict=True)]
            except (EmbedderUnavailable, TextRefused) as error:
                if self._needs(model) and isinstance(error, EmbedderUnavailable):
                    raise
                failures[model] = error
        return made, failures

    async def _vectors(self, model: Model, unknown: Sequence[Waiting]) -> list[str]:
        """One that is down and not needed rests for a while, so that no batch waits for it."""
        now = asyncio.get_running_loop().time()
        if now < self._rests.get(model.id, 0):
            raise EmbedderUnavailable(f"{model.name} was down a moment ago")
        try:
            return await self._judge.embed(model, [one.text for one in unknown])
        except EmbedderUnavailable:
            if not self._needs(model):
                self._rests[model.id] = now + REST if self.target is None else math.inf
            raise

    async def _note(self, organization_id: UUID, taken: Sequence[Job]) -> None:
        """Whether or not they can be embedded, their words are to be counted; that never holds them up."""
        with suppress(DatabaseUnavailable, asyncpg.PostgresError, *LOST):
            async with embedding(self.database, organization_id) as fetch:
                for kind, changed in sorted(Counter(job.kind for job in taken).items()):
                    await note_changes(fetch, organization_id, kind, changed)

    async def _write(
        self, organization_id: UUID, living: Sequence[Model], part: Sequence[Waiting], made: Sequence[Made], end: End
    ) -> None:
        """Writes those whose text is still what was embedded; the others are left to whoever takes them next."""
        left = [one.job for one in part]
        while left:
            try:
                async with embedding(self.database, organization_id) as fetch:
                    await self._put(fetch, organization_id, living, left, made, end)
                return
            except Overtaken as overtaken:
                left = [job for job in left if job.subject_id in overtaken.left]

    async def _put(
        self,
        fetch: Fetch,
        organization_id: UUID,
        living: Sequence[Model],
        jobs: Sequence[Job],
        made: Sequence[Made],
        end: End,
    ) -> None:
        """Writes vectors for the models that are still there, and ends the jobs; where a model has come meanwhile, they
        stay due. The jobs are locked last: who writes a text would wait for all that the indexes take, otherwise."""
        there = {model.id for model in await filled_models(fetch)}
        written = [one for one in made if one.waiting.job in jobs and one.model_id in there]
        await write_vectors(fetch, organization_id, written)
        locked = {row["subject_id"] for row in await QUEUE.lock(fetch, jobs, "subject_id")}
        if len(locked) < len(jobs):
            raise Overtaken(locked)
        come = {model.id for model in await filled_models(fetch)} - {model.id for model in living}
        await (QUEUE.give_back if come else end)(fetch, jobs)


async def _let_go(fetch: Fetch, jobs: Sequence[Job]) -> None:
    """Texts without words, of which there is nothing to embed: what they said before is not found any more."""
    await remove_vectors(fetch, jobs)
    await pass_over(fetch, jobs)
