"""Rows of tasks, as models.py declares them: written by `make schema`."""

from datetime import date, datetime
from uuid import UUID

from app.db.record import Record


class TaskRow(Record):
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    deletion_id: UUID | None
    organization_id: UUID
    id: UUID
    team_id: UUID
    number: int
    title: str
    description: str | None
    status: str
    priority: str
    estimate: float | None
    due_date: date | None
    tags: list[str]
    assignee_id: UUID | None
    creator_id: UUID | None
    completed_at: datetime | None
    version: int
    status_rank: int
    priority_rank: int
    due_rank: date
    key: str
    completed: bool
    latest_due: date


class FormerTaskKeyRow(Record):
    organization_id: UUID
    key: str
    task_id: UUID
    created_at: datetime
