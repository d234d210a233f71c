"""Rows of invitations, as models.py declares them: written by `make schema`."""

from datetime import datetime
from uuid import UUID

from app.db.record import Record


class InvitationRow(Record):
    created_at: datetime
    updated_at: datetime
    organization_id: UUID
    id: UUID
    email: str
    email_key: str
    role: str
    message: str | None
    status: str
    invited_by: UUID | None
    answered_by: UUID | None
    secret_hash: bytes
    expires_at: datetime
    ended_at: datetime | None


class InvitationTeamRow(Record):
    organization_id: UUID
    invitation_id: UUID
    team_id: UUID
    role: str
