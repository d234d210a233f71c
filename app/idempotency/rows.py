"""Rows of idempotency, as models.py declares them: written by `make schema`."""

from datetime import datetime
from uuid import UUID

from app.db.record import Record


class IdempotencyKeyRow(Record):
    actor_id: UUID
    key: str
    request_hash: bytes
    body: bytes | None
    created_at: datetime
    roles: str | None
    kept_bytes: int | None
