"""Rows of teams, as models.py declares them: written by `make schema`."""

from datetime import datetime
from uuid import UUID

from app.db.record import Record


class TeamRow(Record):
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    deletion_id: UUID | None
    organization_id: UUID
    id: UUID
    key: str
    name: str
    description: str | None
    last_number: int
    version: int


class FormerTeamKeyRow(Record):
    organization_id: UUID
    key: str
    team_id: UUID
    created_at: datetime
