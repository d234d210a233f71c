"""Rows of users, as models.py declares them: written by `make schema`."""

from datetime import datetime
from uuid import UUID

from app.db.record import Record


class UserRow(Record):
    created_at: datetime
    updated_at: datetime
    id: UUID
    subject: str | None
    email: str | None
    owns_email: bool
    name: str
    name_is_provided: bool
    avatar_url: str | None
    claims_issued_at: datetime | None
    organization_ids: list[UUID]
    is_me: bool
