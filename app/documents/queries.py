"""Finding documents."""

from typing import Annotated, Any

import strawberry

from app.documents.loaders import live_document
from app.documents.types import Document
from app.graph.context import Info
from app.graph.ids import parse_id
from app.organizations.policies import can_read


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
