"""Reading texts that are to be embedded, and writing what became of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from pgvector.sqlalchemy import VECTOR
from sqlalchemy import (
    ARRAY,
    LargeBinary,
    SmallInteger,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    delete,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from app.db.columns import table_of
from app.db.statement import Clause, Fetch, Statement, prepare, statement
from app.indexing.queue import Job
from app.indexing.search_texts import content_hash, whole_text
from app.search.models import Embedding
from app.search.searchable import Searchable

embeddings = table_of(Embedding)


class Waiting(NamedTuple):
    """A text to embed; `known_by` are the models that have it as it is."""

    job: Job
    text: str
    content_hash: bytes
    known_by: frozenset[int]


class Made(NamedTuple):
    """A text as a model has it; the vector as PostgreSQL reads it."""

    waiting: Waiting
    model_id: int
    vector: str


async def read_texts(
    fetch: Fetch, searchables: Iterable[Searchable], organization_id: UUID, taken: Sequence[Job]
) -> list[Waiting]:
    """The texts of the jobs as they are now, those of deleted rows too: they may be restored. A statement a kind."""
    found = []
    for searchable in searchables:
        of_kind = {job.subject_id: job for job in taken if job.kind == searchable.kind}
        if of_kind:
            rows = await fetch(_read(searchable), {"organization_id": organization_id, "ids": list(of_kind)})
            found += [Waiting(of_kind[row["id"]], row["text"], row["hash"], frozenset(row["known_by"])) for row in rows]
    return found


@lru_cache(10)
def _read(searchable: Searchable) -> Statement:
    table = searchable.table
    known_by = (
        select(embeddings.c.model_id)
        .where(
            embeddings.c.organization_id == table.c.organization_id,
            embeddings.c.kind == literal_column(f"'{searchable.kind}'"),
            embeddings.c.subject_id == table.c.id,
            embeddings.c.content_hash == content_hash(searchable),
        )
        .correlate(table)
    )
    return prepare(
        select(
            table.c.id,
            whole_text(searchable).label("text"),
            content_hash(searchable).label("hash"),
            func.array(known_by.scalar_subquery()).label("known_by"),
        ).where(
            table.c.organization_id == bindparam("organization_id", type_=Uuid),
            table.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        )
    )


async def write_vectors(fetch: Fetch, organization_id: UUID, made: Sequence[Made]) -> None:
    """Puts them in the place of what the models had of these texts, whose jobs the transaction holds."""
    by_model: defaultdict[int, list[Made]] = defaultdict(list)
    for one in made:
        by_model[one.model_id].append(one)
    for model_id, of_model in by_model.items():
        values: dict[str, Any] = {
            "organization_id": organization_id,
            "model_id": model_id,
            "kinds": [one.waiting.job.kind for one in of_model],
            "subject_ids": [one.waiting.job.subject_id for one in of_model],
            "hashes": [one.waiting.content_hash for one in of_model],
            "vectors": [one.vector for one in of_model],
        }
        await fetch(_write(), values)


@statement
def _write() -> Clause:
    given = (
        func.unnest(
            bindparam("kinds", type_=ARRAY(Text)),
            bindparam("subject_ids", type_=ARRAY(Uuid)),
            bindparam("hashes", type_=ARRAY(LargeBinary)),
            bindparam("vectors", type_=ARRAY(Text)),
        )
        .table_valued("kind", "subject_id", "content_hash", "vector", name="given")
        .render_derived()
    )
    values = {
        "organization_id": cast(bindparam("organization_id", type_=Uuid), Uuid),
        "kind": given.c.kind,
        "subject_id": given.c.subject_id,
        "model_id": cast(bindparam("model_id", type_=SmallInteger), SmallInteger),
        "content_hash": given.c.content_hash,
        "embedding": cast(given.c.vector, VECTOR()),
    }
    written = upsert(embeddings).from_select(list(values), select(*values.values()).order_by(given.c.subject_id))
    return written.on_conflict_do_update(
        index_elements=list(embeddings.primary_key.columns.keys()),
        set_={name: written.excluded[name] for name in ("content_hash", "embedding")},
    )


async def remove_vectors(fetch: Fetch, jobs: Sequence[Job]) -> None:
    """Removes what the models had of these texts of one organization before they changed."""
    values = {"kinds": [job.kind for job in jobs], "subject_ids": [job.subject_id for job in jobs]}
    await fetch(_remove(), values | {"organization_id": jobs[0].organization_id})


@statement
def _remove() -> Clause:
    columns = embeddings.c
    return delete(embeddings).where(
        columns.organization_id == bindparam("organization_id", type_=Uuid),
        columns.kind == any_(bindparam("kinds", type_=ARRAY(Text))),
        columns.subject_id == any_(bindparam("subject_ids", type_=ARRAY(Uuid))),
    )
