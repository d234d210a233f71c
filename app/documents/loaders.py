"""Reading documents."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, case, func, literal_column, select, true

from app.db.columns import table_of
from app.db.source import Source
from app.db.statement import Clause, statement
from app.documents.models import Document, DocumentChunk, DocumentText
from app.documents.rows import DocumentChunkRow, DocumentRow
from app.graph.context import Context
from app.graph.edges import ListOf
from app.graph.pages import pages
from app.graph.paging import DeletedScope, Order, Page, Slice
from app.graph.select import Key, given_keys, key_values, rows_by_id, rows_by_key, the_callers

documents = table_of(Document)
texts = table_of(DocumentText)

DOCUMENTS = Source(Document, DocumentRow, long=("source", "processing_error"), own=documents.c.team_id.is_(None))
DOCUMENT_CHUNKS = Source(DocumentChunk, DocumentChunkRow, long=("section", "text"))
CHUNK_LIST = ListOf(DOCUMENT_CHUNKS, Order("index", descending=False), deletable=False)


async def document_by_id(context: Context, keys: Sequence[Key]) -> list[DocumentRow | None]:
    """The document of each key, deleted or not."""
    return await rows_by_key(context, DOCUMENTS, keys)


async def any_document(context: Context, ids: Sequence[UUID]) -> list[DocumentRow | None]:
    """The document of each id, deleted or not, in whichever of the caller's organizations."""
    return await rows_by_id(context, DOCUMENTS, ids)


async def documents_by_organization(context: Context, organizations: Sequence[Key], page: Page) -> list[Slice]:
    """A page of each organization's documents, those of its teams included."""
    return await pages(context, DOCUMENTS, organizations, page, by="organization_id")


async def documents_by_team(context: Context, teams: Sequence[Key], page: Page) -> list[Slice]:
    """A page of each team's documents."""
    return await pages(context, DOCUMENTS, teams, page, by="team_id")


async def chunks_by_document(context: Context, keys: Sequence[Key], page: Page) -> list[Slice]:
    """A page of each document's chunks."""
    page = replace(page, deleted=DeletedScope.INCLUDE)  # they are as alive as their document
    return await pages(context, DOCUMENT_CHUNKS, keys, page, by="document_id")


async def chunk_by_id(context: Context, keys: Sequence[Key]) -> list[DocumentChunkRow | None]:
    """The chunk of each key."""
    return await rows_by_key(context, DOCUMENT_CHUNKS, keys, "document_id")


async def text_by_document(context: Context, keys: Sequence[Key]) -> list[str]:
    """The text of each document. Raises TooMuchText where they are too much; then none is read."""
    budget = context.budget
    async with budget.turn:
        rows = await context.fetch(_texts(), key_values(keys) | {"most_text": budget.text_left})
        budget.take_text("Document.text", sum(row["size"] for row in rows))
    found = {row["ordinal"]: row["text"] for row in rows}
    return [found.get(ordinal, "") for ordinal in range(1, len(keys) + 1)]


@statement
def _texts() -> Clause:
    """Texts lie outside of their rows, and PostgreSQL fetches them from there only where it answers them."""
    keys = given_keys()
    here = (documents.c.organization_id == keys.c.organization_id) & (documents.c.id == keys.c.id)
    one = (
        select(documents.c.size, texts.c.text)
        .join(texts, (texts.c.organization_id == documents.c.organization_id) & (texts.c.document_id == documents.c.id))
        .where(here)
        .limit(literal_column("1"))
        .lateral("one")
    )
    fit = func.sum(one.c.size).over() <= bindparam("most_text", type_=BigInteger)
    return (
        select(keys.c.ordinal, one.c.size, case((fit, one.c.text)).label("text"))
        .select_from(keys.join(one, true()))
        .where(the_callers(keys.c.organization_id))
    )
