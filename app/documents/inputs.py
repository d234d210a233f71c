"""Inputs of the mutations of documents."""

import strawberry
from strawberry import UNSET

from app.documents.models import DocumentKind

TEXT = "At most 1 MiB: 1,048,576 bytes in UTF-8. A form feed (U+000C) begins a new page."
SOURCE = "Where it comes from, such as an address or the name of a file, at most 2,000 characters."


@strawberry.input(description="A document to be made.")
class CreateDocumentInput:
    organization_id: strawberry.ID = strawberry.field(description="The organization whose document it will be.")
    team_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The team of the organization whose document it will be; none for its own."
    )
    title: str = strawberry.field(description="1 to 200 characters, white space around it not counted.")
    kind: DocumentKind = strawberry.field(default=DocumentKind.MARKDOWN, description="How the text is written.")
    source: str | None = strawberry.field(default=UNSET, description=SOURCE)
    text: str = strawberry.field(description=TEXT)


@strawberry.input(description="Changes of a document: what is left out stays as it is, `null` clears.")
class UpdateDocumentInput:
    title: str | None = strawberry.field(
        default=UNSET, description="1 to 200 characters, white space around it not counted; cannot be cleared."
    )
    kind: DocumentKind | None = strawberry.field(
        default=UNSET, description="How the text is written; cannot be cleared."
    )
    source: str | None = strawberry.field(default=UNSET, description=SOURCE)
    text: str | None = strawberry.field(default=UNSET, description=f"{TEXT} Cannot be cleared, but set to nothing.")
