"""Rows of settings, as models.py declares them: written by `make schema`."""

from datetime import datetime
from uuid import UUID

from app.db.record import Record


class OrganizationSettingsRow(Record):
    created_at: datetime
    updated_at: datetime
    timezone: str | None
    week_start: str | None
    default_task_priority: str | None
    digest: bool | None
    version: int
    retention_days: int | None
    locked: list[str]
    organization_id: UUID
    search_mode: str | None
    id: UUID


class TeamSettingsRow(Record):
    created_at: datetime
    updated_at: datetime
    timezone: str | None
    week_start: str | None
    default_task_priority: str | None
    digest: bool | None
    version: int
    retention_days: int | None
    locked: list[str]
    organization_id: UUID
    team_id: UUID
    id: UUID


class TeamMemberSettingsRow(Record):
    created_at: datetime
    updated_at: datetime
    timezone: str | None
    week_start: str | None
    default_task_priority: str | None
    digest: bool | None
    version: int
    organization_id: UUID
    team_member_id: UUID
    id: UUID
