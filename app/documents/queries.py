"""Finding documents."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from app.documents.filter import DocumentFilter
from app.documents.loaders import any_document, chunk_by_id
from app.documents.rows import DocumentChunkRow
from app.documents.search import search_documents
from app.documents.types import Document, DocumentChunk
from app.graph.context import Context, Info
from app.graph.fields import Arguments, by_level
from app.graph.ids import parse_id
from app.graph.select import Key
from app.organizations.policies import can_read
from app.organizations.search import searching
from app.ranking.connection import EdgeHit, SearchConnection, SearchEdge
from app.ranking.connection import edges as results_edges
from app.ranking.scope import MOST_OF_WHOLE
from app.writing.mutation import object_of


async def best_chunks(context: Context, hits: Sequence[EdgeHit], _: Arguments) -> list[list[DocumentChunkRow | None]]:
    """The chunks that were found of each document, in one batch."""
    keys = [[Key(results.organization_id, one) for one in hit.texts] for results, hit in hits]
    rows = iter(await context.load_many(chunk_by_id, [key for of_one in keys for key in of_one]))
    return [[next(rows) for _ in of_one] for of_one in keys]


@strawberry.type(description="A document that a search found.")
class DocumentSearchEdge(SearchEdge[Document]):
    chunks: list[DocumentChunk] = by_level(
        best_chunks, description=f"Its chunks that match, the best one first, at most {MOST_OF_WHOLE}."
    )


@strawberry.type(
    description="A page of a search, the best first: a document stands where its best chunk does. At most 100 "
    "documents; on all pages together those of the 200 best chunks."
)
class DocumentSearchConnection(SearchConnection[Document]):
    edges: list[DocumentSearchEdge] = by_level(  # type: ignore[assignment]  # GraphQL only reads the list
        results_edges, description="The page's documents, and how they match."
    )


@strawberry.type
class DocumentQueries:
    @strawberry.field(
        description="A document of one of the viewer's organizations, deleted or not; null where there is none."
    )
    async def document(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],  # noqa: A002  # its name in the schema
    ) -> Document | None:
        actor = info.context.actor
        row = await info.context.load(any_document, parse_id(id, "id"))
        return object_of(row) if row is not None and can_read(actor, row) else None

    search_documents: DocumentSearchConnection | None = searching(
        search_documents,
        "documents",
        DocumentFilter,
        description="The documents of an organization that a search finds by their chunks: phrases and "
        "`-words` are looked for in each chunk. Deleted documents are not found.",
    )
