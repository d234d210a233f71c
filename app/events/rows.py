"""Rows of events, as models.py declares them: written by `make schema`."""

from datetime import datetime
from uuid import UUID

from app.db.record import Record


class EventRow(Record):
    organization_id: UUID
    id: UUID
    sequence: int
    type: str
    subject_type: str
    subject_id: UUID
    actor_id: UUID | None
    api_key_id: UUID | None
    request_id: str | None
    changes: str
    created_at: datetime


class EventCounterRow(Record):
    organization_id: UUID
    last_sequence: int
