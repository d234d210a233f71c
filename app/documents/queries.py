"""Finding documents."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import strawberry
from strawberry import UNSET

from app.documents.filter import DocumentFilter
from app.documents.loaders import chunk_by_id, live_document
from app.documents.search import MOST_CHUNKS, search_documents
from app.documents.types import Document, DocumentChunk
from app.graph.context import Context, Info
from app.graph.fields import by_level
from app.graph.guards import require_row
from app.graph.ids import parse_id
from app.graph.paging import LARGEST_SIZE, size_of
from app.graph.select import Key
from app.organizations.loaders import live_organization
from app.organizations.policies import can_read
from app.search.connection import Place, SearchConnection, SearchEdge
from app.search.connection import edges as results_edges
from app.search.find import LONGEST_QUERY, SearchMode
from app.settings.choose import search_mode


async def best_chunks(context: Context, places: Sequence[Place], _: Mapping[str, Any]) -> list[list[Any]]:
    """The chunks that were found of each document, in one batch."""
    keys = [[Key(results.organization_id, one) for one in hit.texts] for results, hit in places]
    rows = iter(await context.load_many(chunk_by_id, [key for of_one in keys for key in of_one]))
    return [[next(rows) for _ in of_one] for of_one in keys]


@strawberry.type(description="A document that a search found.")
class DocumentSearchEdge(SearchEdge[Document]):
    chunks: list[DocumentChunk] = by_level(
        best_chunks, description=f"Its chunks that match, the best one first, at most {MOST_CHUNKS}."
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
    @strawberry.field(description="A document of one of the viewer's organizations; null where there is none.")
    async def document(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],  # noqa: A002  # its name in the schema
    ) -> Document | None:
        actor = info.context.actor
        row: Any = await info.context.load(live_document, parse_id(id, "id"))
        return row if row is not None and can_read(actor, row) else None

    @strawberry.field(
        graphql_type=DocumentSearchConnection,
        description="The documents of an organization that a search finds by their chunks. A chunk must hold each "
        '"quoted phrase" and no `-word`. Deleted documents are not found.',
    )
    async def search_documents(  # noqa: PLR0913  # the arguments of the field
        self,
        info: Info,
        *,
        organization_id: Annotated[strawberry.ID, strawberry.argument(description="The organization.")],
        query: Annotated[
            str, strawberry.argument(description=f"What to search for: 1 to {LONGEST_QUERY} characters, not blank.")
        ],
        mode: Annotated[
            SearchMode | None,
            strawberry.argument(description="By what; left out, what the organization's `searchMode` says."),
        ] = UNSET,
        filter: Annotated[  # noqa: A002  # the name of the argument
            DocumentFilter | None, strawberry.argument(description="Only documents for which all of this holds.")
        ] = UNSET,
        first: Annotated[
            int | None, strawberry.argument(description=f"How many, at most {LARGEST_SIZE}; 20 by default.")
        ] = UNSET,
        after: Annotated[
            str | None, strawberry.argument(description="Only documents after this cursor of the same search.")
        ] = UNSET,
    ) -> Any:
        actor = info.context.actor
        organization = await info.context.load(live_organization, parse_id(organization_id, "organizationId"))
        require_row(
            organization if organization is not None and can_read(actor, organization) else None, "organization"
        )
        return await search_documents(
            info.context,
            organization.id,
            query,
            mode=await search_mode(info.context, organization.id, mode),
            condition=filter or None,
            size=size_of("first", None if first is UNSET else first),
            after=None if after is UNSET else after,
        )
