"""Rows of members, as models.py declares them: written by `make schema`."""

from datetime import datetime
from uuid import UUID

from app.db.record import Record


class OrganizationMemberRow(Record):
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    deletion_id: UUID | None
    organization_id: UUID
    id: UUID
    user_id: UUID
    role: str
