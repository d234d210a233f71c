"""Rows of documents, as models.py declares them: written by `make schema`."""

from datetime import datetime
from uuid import UUID

from app.db.record import Record


class DocumentRow(Record):
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    deletion_id: UUID | None
    organization_id: UUID
    id: UUID
    team_id: UUID | None
    title: str
    kind: str
    source: str | None
    size: int
    text_hash: str
    status: str
    processing_error: str | None
    attempts: int
    due_at: datetime | None
    chunk_count: int
    created_by: UUID | None
    version: int
    own: bool


class DocumentTextRow(Record):
    organization_id: UUID
    document_id: UUID
    text: str


class DocumentChunkRow(Record):
    organization_id: UUID
    id: UUID
    document_id: UUID
    index: int
    section: str | None
    page: int
    text: str
