"""Documents, their texts, and the chunks that these are cut into."""

from datetime import datetime
from enum import Enum
from typing import ClassVar
from uuid import UUID

import strawberry
from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, Index, Uuid, text
from sqlmodel import Field, SQLModel

from app.db.columns import OWNS, Owned, new_id, page_indexes

LONGEST_TITLE = 200
LONGEST_SOURCE = 2_000
LARGEST_TEXT = 1024 * 1024  # bytes in UTF-8
LONGEST_ERROR = 1_000


@strawberry.enum(description="How a document's text is written.")
class DocumentKind(Enum):
    MARKDOWN = strawberry.enum_value("MARKDOWN", description="CommonMark: it is cut at its headings.")
    TEXT = strawberry.enum_value("TEXT", description="Plain text.")


@strawberry.enum(description="How far the search is with a document.")
class DocumentStatus(Enum):
    PENDING = strawberry.enum_value("PENDING", description="It waits to be cut into chunks, or to be cut anew.")
    PROCESSING = strawberry.enum_value("PROCESSING", description="It is being cut.")
    COMPLETED = strawberry.enum_value("COMPLETED", description="Its chunks are those of its text.")
    FAILED = strawberry.enum_value("FAILED", description="It could not be cut, and `processingError` says why.")


ORDERS = ("created_at", "updated_at", "title")  # of the lists of documents
PARENTS = {"organization": (), "team": ("team_id",)}


class Document(Owned, table=True):
    """A text of a team, or of the organization itself; the text is in a table of its own, as lists do not show it.

    `due_at` is when it is to be cut into chunks, or to be given up by whoever is at it; NULL where that is done.
    """

    computed: ClassVar = {"own": bool}

    __tablename__ = "documents"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id"], ["organizations.id"], ondelete="RESTRICT", info=OWNS),
        ForeignKeyConstraint(
            ["organization_id", "team_id"], ["teams.organization_id", "teams.id"], ondelete="RESTRICT", info=OWNS
        ),
        ForeignKeyConstraint(["created_by"], ["users.id"], ondelete="RESTRICT"),
        CheckConstraint(f"char_length(title) BETWEEN 1 AND {LONGEST_TITLE}", name="title_length"),
        CheckConstraint("kind IN ('MARKDOWN', 'TEXT')", name="kind_known"),
        CheckConstraint(f"char_length(source) BETWEEN 1 AND {LONGEST_SOURCE}", name="source_length"),
        CheckConstraint(f"size BETWEEN 0 AND {LARGEST_TEXT}", name="size_fits"),
        CheckConstraint("text_hash ~ '^[0-9a-f]{64}$'", name="text_hash_form"),
        CheckConstraint("status IN ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED')", name="status_known"),
        CheckConstraint("(status IN ('PENDING', 'PROCESSING')) = (due_at IS NOT NULL)", name="due_until_done"),
        CheckConstraint(
            "CASE status WHEN 'FAILED' THEN processing_error IS NOT NULL"
            " WHEN 'COMPLETED' THEN processing_error IS NULL ELSE true END",
            name="error_where_failed",
        ),
        CheckConstraint(f"char_length(processing_error) <= {LONGEST_ERROR}", name="processing_error_length"),
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        CheckConstraint("chunk_count >= 0", name="chunk_count_not_negative"),
        CheckConstraint("version > 0", name="version_positive"),
        Index("ix_documents_created_by", "created_by"),
        Index("ix_documents_due", "organization_id", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        *page_indexes("documents", PARENTS, ORDERS),
    )

    team_id: UUID | None = Field(default=None, sa_type=Uuid)
    title: str
    kind: str
    source: str | None = None
    size: int
    text_hash: str
    status: str = Field(default="PENDING", sa_column_kwargs={"server_default": "PENDING"})
    processing_error: str | None = None
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    due_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    chunk_count: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    created_by: UUID | None = Field(default=None, sa_type=Uuid)
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})


class DocumentText(SQLModel, table=True):
    """What a document says, as it was given."""

    __tablename__ = "document_texts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "document_id"], ["documents.organization_id", "documents.id"], ondelete="RESTRICT"
        ),
        CheckConstraint(f"octet_length(text) <= {LARGEST_TEXT}", name="text_fits"),
    )

    organization_id: UUID = Field(primary_key=True, sa_type=Uuid)
    document_id: UUID = Field(primary_key=True, sa_type=Uuid)
    text: str


class DocumentChunk(SQLModel, table=True):
    """A piece of a document's text that is searched by itself; its id stays while its text does.

    Not removed by the database along with its document, since what search keeps of it has to go too.
    """

    __tablename__ = "document_chunks"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "document_id"], ["documents.organization_id", "documents.id"], ondelete="RESTRICT"
        ),
        CheckConstraint("index >= 0", name="index_not_negative"),
        CheckConstraint("page >= 1", name="page_positive"),
        # Not unique: chunks that stay take other places one after the other.
        Index("ix_document_chunks_index", "organization_id", "document_id", "index", "id"),
    )

    organization_id: UUID = Field(primary_key=True, sa_type=Uuid)
    id: UUID = Field(default_factory=new_id, primary_key=True, sa_type=Uuid)
    document_id: UUID = Field(sa_type=Uuid)
    index: int
    section: str | None = None
    page: int
    text: str
