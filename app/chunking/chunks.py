"""Keeping a document's chunks: those whose text stays keep their ids, and with them what search knows of them."""

from collections import defaultdict, deque
from collections.abc import Sequence
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, ColumnElement, Text, Uuid, all_, bindparam, cast, column, delete, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB, insert

from app.chunking.split import Chunk
from app.db.columns import new_id, table_of
from app.db.statement import Clause, Fetch, statement, statement_of
from app.documents.loaders import DOCUMENT_CHUNKS
from app.documents.models import DocumentChunk
from app.documents.rows import DocumentChunkRow
from app.documents.searchable import CHUNKS
from app.indexing.search_texts import write_texts

chunks = table_of(DocumentChunk)

BATCH = 500  # chunks to a statement: some tenths of a second, most of them for their lexemes
PLACED = ("organization_id", "id", "document_id", "index", "section", "page", "text")
MOVABLE = ("index", "section", "page")


async def keep_chunks(fetch: Fetch, organization_id: UUID, document_id: UUID, cut: Sequence[Chunk]) -> None:
    """Makes `cut` the chunks of a document, which the transaction holds locked, and what search reads of them."""
    key = {"organization_id": organization_id, "document_id": document_id}
    ids = _ids(await fetch(_known(), key), cut)
    await fetch(_remove(), {**key, "kept": ids})
    rows = [
        {**key, "id": one, "index": place, **chunk._asdict()}
        for place, (one, chunk) in enumerate(zip(ids, cut, strict=True))
    ]
    for first in range(0, len(rows), BATCH):
        part = slice(first, first + BATCH)
        await fetch(_place(), {"given": orjson.dumps(rows[part], default=str).decode()})
        await write_texts(fetch, CHUNKS, organization_id, ids[part])


def _ids(known: Sequence[DocumentChunkRow], cut: Sequence[Chunk]) -> list[UUID]:
    """The id of each chunk: that of a known one with the same text, each given once, or a new one."""
    by_text: defaultdict[str, deque[UUID]] = defaultdict(deque)
    for row in known:
        by_text[row.text].append(row.id)
    return [by_text[chunk.text].popleft() if by_text[chunk.text] else new_id() for chunk in cut]


@statement_of(DOCUMENT_CHUNKS)
def _known() -> Clause:
    return select(chunks.c.id, chunks.c.text).where(*_of_document()).order_by(chunks.c.index)


@statement
def _remove() -> Clause:
    return delete(chunks).where(*_of_document(), chunks.c.id != all_(bindparam("kept", type_=ARRAY(Uuid))))


def _of_document() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (
        chunks.c.organization_id == bindparam("organization_id", type_=Uuid),
        chunks.c.document_id == bindparam("document_id", type_=Uuid),
    )


@statement
def _place() -> Clause:
    given = (
        func.jsonb_to_recordset(cast(bindparam("given", type_=Text), JSONB))
        .table_valued(*(column(name, chunks.c[name].type) for name in PLACED))
        .render_derived("given", with_types=True)
    )
    placed = insert(chunks).from_select(PLACED, select(*given.c), include_defaults=False)
    moved = or_(*(chunks.c[name].is_distinct_from(placed.excluded[name]) for name in MOVABLE))
    return placed.on_conflict_do_update(
        index_elements=list(chunks.primary_key),
        set_={name: placed.excluded[name] for name in MOVABLE},
        where=moved,
    )
