"""Rows of exports, as models.py declares them: written by `make schema`."""

from datetime import datetime
from uuid import UUID

from app.db.record import Record


class ExportRow(Record):
    created_at: datetime
    updated_at: datetime
    organization_id: UUID
    id: UUID
    requested_by: UUID | None
    status: str
    attempts: int
    due_at: datetime | None
    expires_at: datetime | None
    lines_written: int
    lines_expected: int | None
    counts: str
    size: int | None
    error: str | None
    secret_hashes: list[bytes]


class ExportChunkRow(Record):
    organization_id: UUID
    export_id: UUID
    index: int
    data: bytes
