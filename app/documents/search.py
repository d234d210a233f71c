"""Searching an organization's documents by their chunks."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, select

from app.db.columns import table_of
from app.documents.loaders import DOCUMENTS, chunk_by_id, document_by_id
from app.documents.models import Document, DocumentChunk
from app.documents.searchable import CHUNKS
from app.graph.conditions import Chosen, Condition
from app.graph.context import Context
from app.graph.paging import Filter
from app.graph.select import Key
from app.organizations.search import Inquiry
from app.ranking.connection import Results
from app.ranking.cursors import Position, decode
from app.ranking.scope import MOST_OF_WHOLE
from app.ranking.search import Hit, Search, find

documents = table_of(Document)
chunks = table_of(DocumentChunk)


async def search_documents(context: Context, inquiry: Inquiry) -> Results:
    """A page of the organization's live documents that are found among those that pass; raises BadUserInput.

    All chunks that are found, the best of each document, are ranked for each page, and grouped: a cursor is the place
    of a document's best chunk.
    """
    organization_id, after, size = inquiry.organization.id, inquiry.after, inquiry.size
    chosen, key = _chosen(context, inquiry.condition), inquiry.filter_key
    mode = inquiry.mode.name
    search = Search(organization_id, CHUNKS, chosen, inquiry.query, mode, size, after, filter_key=key, whole=True)
    found = await find(context, search)
    keys = [Key(organization_id, hit.id) for hit in found.hits]
    chunks = zip(await context.load_many(chunk_by_id, keys), found.hits, strict=True)
    every = _grouped((chunk.document_id, hit) for chunk, hit in chunks if chunk is not None)
    left = _after(every, decode(search.listed, after)) if after is not None else every
    page = replace(found, hits=left[:size], has_next=len(left) > size)
    return Results(page, document_by_id)


def _chosen(context: Context, given: Filter | None) -> Chosen:
    """What must hold of a chunk's document."""
    if given is None:
        return Chosen(Condition((), _of_live), {})
    condition, values = given.where(DOCUMENTS, context.budget.filter_path())
    return Chosen(Condition(condition.shape, lambda: _of_live(condition.clause())), values)


def _of_live(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    here = and_(documents.c.organization_id == chunks.c.organization_id, documents.c.id == chunks.c.document_id)
    live = select(1).select_from(documents).where(here, documents.c.deleted_at.is_(None), *conditions)
    return exists(live.correlate_except(documents))


def _grouped(found: Iterable[tuple[UUID, Hit]]) -> list[Hit]:
    """One hit for each document, with the score of its best chunk."""
    of_document: dict[UUID, list[Hit]] = {}
    for document_id, hit in found:
        of_document.setdefault(document_id, []).append(hit)
    return [
        hits[0]._replace(place=place, shown_id=document_id, texts=tuple(hit.id for hit in hits[:MOST_OF_WHOLE]))
        for place, (document_id, hits) in enumerate(of_document.items(), start=1)
    ]


def _after(hits: Sequence[Hit], position: Position) -> list[Hit]:
    return [hit for hit in hits if hit.score < position.score or (hit.score == position.score and hit.id > position.id)]
