"""Rows of organizations, as models.py declares them: written by `make schema`."""

from datetime import datetime
from uuid import UUID

from app.db.record import Record


class OrganizationRow(Record):
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    deletion_id: UUID | None
    id: UUID
    name: str
    slug: str
    version: int
    organization_id: UUID
