"""Rows of api keys, as models.py declares them: written by `make schema`."""

from datetime import datetime
from uuid import UUID

from app.db.record import Record


class ApiKeyRow(Record):
    created_at: datetime
    updated_at: datetime
    organization_id: UUID
    id: UUID
    name: str
    scopes: list[str]
    rate_limit_per_minute: int | None
    created_by: UUID | None
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    secret_hash: bytes
    secret_created_at: datetime
    former_secret_hash: bytes | None
    former_secret_expires_at: datetime | None
