"""A document and its chunks."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar

import strawberry

from app.documents.loaders import (
    CHUNK_LIST,
    DOCUMENTS,
    chunks_by_document,
    document_by_id,
    text_by_document,
)
from app.documents.models import DocumentKind, DocumentStatus
from app.documents.policies import can_write
from app.documents.rows import DocumentRow
from app.events.filter import EVENT_LIST
from app.events.loaders import events_by_subject
from app.graph.connections import Connection
from app.graph.context import Context
from app.graph.edges import key_of_row, to_many, to_one
from app.graph.fields import Arguments, by_level
from app.graph.node import Node
from app.organizations.loaders import organization_by_id
from app.organizations.policies import can_read
from app.permissions.models import Permission
from app.teams.loaders import TEAMS, team_by_id
from app.teams.types import Team
from app.trash.types import Deletable
from app.users.loaders import user_by_id
from app.users.types import User

if TYPE_CHECKING:
    from app.events.types import Event
    from app.organizations.types import Organization


def origins(_context: Context, documents: Sequence[DocumentRow], _arguments: Arguments) -> list[str | None]:
    """Where each document comes from."""
    return [document.source for document in documents]


async def contents(context: Context, documents: Sequence[DocumentRow], _arguments: Arguments) -> list[str]:
    """What each document says."""
    return await context.load_many(text_by_document, [key_of_row(context, document) for document in documents])


@strawberry.type(description="A piece of a document's text, which is searched by itself.")
class DocumentChunk:
    id: strawberry.ID = strawberry.field(description="A UUID; it stays while the chunk's text does.")
    index: int = strawberry.field(description="Its place among the document's chunks, from 0 on.")
    section: str | None = strawberry.field(
        description="The headings that it stands under, as in `Set-up > Linux`; null where there are none."
    )
    page: int = strawberry.field(description="The page that it begins on, from 1 on: a form feed begins a new one.")
    text: str = strawberry.field(description="At most about 200 tokens; it may begin with the end of the chunk before.")


@strawberry.type(description="A text of a team, or of the organization itself, cut into chunks for search.")
class Document(Node, Deletable):
    source = DOCUMENTS
    by_key = document_by_id
    can_read = can_read
    can_restore = can_write
    permissions: ClassVar = {Permission.UPDATE: can_write, Permission.DELETE: can_write}

    title: str = strawberry.field(description="1 to 200 characters.")
    kind: DocumentKind = strawberry.field(description="How the text is written.")
    origin: str | None = by_level(
        origins,
        needs=("source",),
        name="source",
        description="Where it comes from, such as an address or the name of a file, at most 2,000 characters.",
    )
    text: str = by_level(
        contents,
        needs=("organization_id", "id"),
        description="At most 1 MiB. An operation reads 8 MiB of texts at most.",
    )
    size: int = strawberry.field(description="How many bytes the text has in UTF-8.")
    text_hash: str = strawberry.field(description="The SHA-256 of the text in UTF-8, in hexadecimal.")
    organization: Annotated["Organization", strawberry.lazy("app.organizations.types")] = to_one(
        organization_by_id, "organization_id", description="The organization."
    )
    team: Team | None = to_one(
        team_by_id,
        "team_id",
        surely=TEAMS,
        description="The team whose document it is; null for the organization's own.",
    )
    created_by: User | None = to_one(
        user_by_id, "created_by", description="Who made it; null where an API key did, which the first event says."
    )
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it last changed.")
    version: int = strawberry.field(description="Rises by one with every change that somebody makes.")

    status: DocumentStatus = strawberry.field(description="How far the search is with it.")
    processing_error: str | None = strawberry.field(
        description="Why it could not be cut the last time, at most 1,000 characters; null where it could."
    )
    attempts: int = strawberry.field(description="How often it has been tried to cut the text that it has now.")
    chunk_count: int = strawberry.field(description="How many chunks it has; until it is COMPLETED, of its old text.")
    chunks: Connection[DocumentChunk] = to_many(
        chunks_by_document,
        CHUNK_LIST,
        description="Its chunks, in the order of the text.",
    )
    events: Connection[Annotated["Event", strawberry.lazy("app.events.types")]] = to_many(
        events_by_subject,
        EVENT_LIST,
        description="What happened to it, the newest first. Of a change of its text they say the size and the hash.",
    )
