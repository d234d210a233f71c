"""Rows of trash, as models.py declares them: written by `make schema`."""

from datetime import datetime
from uuid import UUID

from app.db.record import Record


class DeletionRow(Record):
    organization_id: UUID
    id: UUID
    subject_type: str
    subject_ids: list[UUID]
    deleted_by: UUID | None
    deleted_at: datetime
    purge_at: datetime
    restored_at: datetime | None
    organizations: int
    organization_members: int
    teams: int
    team_members: int
    tasks: int
    documents: int
    conversations: int
