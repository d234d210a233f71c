"""Filling a model: the texts that it lacks are found, and queued behind everything that people write meanwhile."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    SmallInteger,
    Table,
    Text,
    Uuid,
    bindparam,
    column,
    delete,
    exists,
    func,
    literal,
    literal_column,
    select,
    table,
    tuple_,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from app.db.columns import table_of
from app.db.engine import Database
from app.db.statement import Clause, statement
from app.indexing.queue import embedding
from app.indexing.search_texts import SUBJECT
from app.search.models import Embedding, EmbeddingJob, EmbeddingModel, SearchText

texts = table_of(SearchText)
jobs = table_of(EmbeddingJob)
embeddings = table_of(Embedding)
models = table_of(EmbeddingModel)
organizations = table("organizations", column("id"))

BATCH = 5_000  # texts to a statement: some tenths of a second
QUEUED = 200  # texts to a statement: who writes one of them waits for it, some milliseconds
BEHIND = timedelta(days=1)  # the newest are taken first, and so what has just been written


class Lacked(NamedTuple):
    """A text that a model does not have as it is."""

    subject_id: UUID
    content_hash: bytes


async def organization_ids(database: Database) -> list[UUID]:
    """All organizations that there are."""
    async with embedding(database) as fetch:
        return [row["id"] for row in await fetch(_organizations(), {})]


@statement
def _organizations() -> Clause:
    return select(organizations.c.id).order_by(organizations.c.id)


async def queue_missing(database: Database, model_id: int) -> int:
    """Queues every text that the model lacks; answers how many it queued."""
    amount = 0
    for organization_id in await organization_ids(database):
        values = {"organization_id": organization_id, "model_id": model_id}
        lacking = True
        while lacking:
            async with embedding(database, organization_id) as fetch:
                lacking = bool(rows := await fetch(_unqueued(), values))
            for first in range(0, len(rows), QUEUED):
                part = rows[first : first + QUEUED]
                subjects = {"kinds": [row["kind"] for row in part], "subject_ids": [row["subject_id"] for row in part]}
                async with embedding(database, organization_id) as fetch:
                    amount += len(await fetch(_queue(), values | subjects))
    return amount


@statement
def _unqueued() -> Clause:
    """In the order of their keys, in which writers queue them, too: so no two wait for each other."""
    subject = (texts.c.kind, texts.c.subject_id)
    queued = exists().where(*_same_subject(jobs))
    return select(*subject).where(_lacking(), ~queued).order_by(*subject).limit(literal(BATCH))


@statement
def _queue() -> Clause:
    given = (
        func.unnest(bindparam("kinds", type_=ARRAY(Text)), bindparam("subject_ids", type_=ARRAY(Uuid)))
        .table_valued("kind", "subject_id", name="given")
        .render_derived()
    )
    searched = (
        select(func.now())
        .where(models.c.id == bindparam("model_id", type_=SmallInteger), models.c.state == literal_column("'active'"))
        .scalar_subquery()
    )
    still_there = (
        select(*(texts.c[name] for name in SUBJECT), literal_column("0"), func.now() - literal(BEHIND), searched)
        .join(given, (given.c.kind == texts.c.kind) & (given.c.subject_id == texts.c.subject_id))
        .where(texts.c.organization_id == bindparam("organization_id", type_=Uuid))
        .order_by(texts.c.kind, texts.c.subject_id)
    )
    written = upsert(jobs).from_select([*SUBJECT, "attempts", "due_at", "waiting_since"], still_there)
    return written.on_conflict_do_nothing().returning(jobs.c.subject_id)


async def missing(database: Database, model_id: int) -> set[Lacked]:
    """Texts that the model lacks now, up to 5,000 of each organization, but for those that it failed at."""
    found: set[Lacked] = set()
    for organization_id in await organization_ids(database):
        async with embedding(database, organization_id) as fetch:
            rows = await fetch(_missing(), {"organization_id": organization_id, "model_id": model_id})
        found |= {Lacked(row["subject_id"], row["content_hash"]) for row in rows}
    return found


@statement
def _missing() -> Clause:
    parked = exists().where(*_same_subject(jobs), jobs.c.parked_at.is_not(None))
    return select(texts.c.subject_id, texts.c.content_hash).where(_lacking(), ~parked).limit(literal(BATCH))


def _lacking() -> ColumnElement[bool]:
    """Whether the model does not have an organization's text, or has an older one."""
    known = exists().where(
        *_same_subject(embeddings),
        embeddings.c.model_id == bindparam("model_id", type_=SmallInteger),
        embeddings.c.content_hash == texts.c.content_hash,
    )
    return (texts.c.organization_id == bindparam("organization_id", type_=Uuid)) & ~known


def _same_subject(other: Table) -> list[ColumnElement[bool]]:
    return [other.c[name] == texts.c[name] for name in SUBJECT]


async def moment(database: Database) -> datetime:
    """Now, by the clock that the queue goes by."""
    async with embedding(database) as fetch:
        (row,) = await fetch(_moment(), {})
    now: datetime = row["now"]
    return now


@statement
def _moment() -> Clause:
    return select(func.now().label("now"))


async def amount_due(database: Database, before: datetime) -> int:
    """How many texts have been due since before that moment, in all organizations, and nobody has taken them."""
    async with embedding(database) as fetch:
        (row,) = await fetch(_amount_due(), {"before": before})
    amount: int = row["amount"]
    return amount


@statement
def _amount_due() -> Clause:
    due = (jobs.c.due_at <= bindparam("before", type_=DateTime(timezone=True))) & jobs.c.parked_at.is_(None)
    return select(func.count().label("amount")).select_from(jobs).where(due)


async def remove_embeddings(database: Database, model_id: int) -> None:
    """Removes what a model that is retiring has of all texts, in small batches."""
    for organization_id in await organization_ids(database):
        removed = True
        while removed:
            async with embedding(database, organization_id) as fetch:
                values = {"organization_id": organization_id, "model_id": model_id}
                removed = bool(await fetch(_remove(), values))


@statement
def _remove() -> Clause:
    key = tuple_(*embeddings.primary_key.columns)
    own = (embeddings.c.organization_id == bindparam("organization_id", type_=Uuid)) & (
        embeddings.c.model_id == bindparam("model_id", type_=SmallInteger)
    )
    chosen = select(*embeddings.primary_key.columns).where(own).limit(literal(BATCH))
    return delete(embeddings).where(key.in_(chosen)).returning(embeddings.c.subject_id)
