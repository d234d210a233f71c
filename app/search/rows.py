"""Rows of search, as models.py declares them: written by `make schema`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.record import Record


class SearchTextRow(Record):
    organization_id: UUID
    kind: str
    subject_id: UUID
    content: str
    content_hash: bytes
    task_id: UUID | None
    chunk_id: UUID | None


class EmbeddingModelRow(Record):
    id: int
    name: str
    dimension: int
    state: str
    floor: float | None


class EmbeddingRow(Record):
    organization_id: UUID
    kind: str
    subject_id: UUID
    model_id: int
    content_hash: bytes
    embedding: Any


class EmbeddingJobRow(Record):
    organization_id: UUID
    kind: str
    subject_id: UUID
    attempts: int
    due_at: datetime
    waiting_since: datetime | None
    error: str | None
    parked_at: datetime | None


class SearchWordRow(Record):
    organization_id: UUID
    kind: str
    lexeme: str
    documents: int


class SearchWordTotalRow(Record):
    organization_id: UUID
    kind: str
    texts: int
    changed: int
    due_at: datetime
    reread_after: UUID | None
