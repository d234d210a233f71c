"""What mutations of documents answer."""

import strawberry

from app.documents.types import Document
from app.graph.mutation import UserError


@strawberry.type(description="A document as it is now, or why nothing was written.")
class DocumentPayload:
    document: Document | None = strawberry.field(
        default=None, description="The document; null where nothing was written, but for a CONFLICT."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description="The mistakes in the input.")
