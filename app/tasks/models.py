"""Tasks of a team, and the keys they had before."""

from datetime import date, datetime
from enum import Enum
from typing import ClassVar
from uuid import UUID

import strawberry
from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Computed,
    DateTime,
    Float,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlmodel import Field, SQLModel

from app.db.columns import OWNS, Owned, now, page_indexes

LONGEST_TITLE = 200
LONGEST_DESCRIPTION = 65_536
LONGEST_TAG = 50
MOST_TAGS = 20
LARGEST_ESTIMATE = 1_000_000
FIRST_DAY, LAST_DAY = date(1, 1, 2), date(9999, 12, 30)  # the driver takes the days beyond them for infinity


@strawberry.enum(description="How far a task is, in the order of work.")
class TaskStatus(Enum):
    BACKLOG = strawberry.enum_value("BACKLOG", description="Not planned yet.")
    TODO = strawberry.enum_value("TODO", description="Planned.")
    IN_PROGRESS = strawberry.enum_value("IN_PROGRESS", description="Being worked on.")
    IN_REVIEW = strawberry.enum_value("IN_REVIEW", description="Done but for somebody's look.")
    DONE = strawberry.enum_value("DONE", description="Completed.")
    CANCELED = strawberry.enum_value("CANCELED", description="Given up.")


@strawberry.enum(description="How urgent a task is.")
class TaskPriority(Enum):
    NONE = strawberry.enum_value("NONE", description="Nobody has said.")
    URGENT = strawberry.enum_value("URGENT", description="Before anything else.")
    HIGH = strawberry.enum_value("HIGH", description="Soon.")
    MEDIUM = strawberry.enum_value("MEDIUM", description="In its turn.")
    LOW = strawberry.enum_value("LOW", description="When there is time.")


# What people mean by "in order of": the way work flows, the most urgent first, no date last.
STATUS_RANK = (
    "CASE status WHEN 'BACKLOG' THEN 1 WHEN 'TODO' THEN 2 WHEN 'IN_PROGRESS' THEN 3"
    " WHEN 'IN_REVIEW' THEN 4 WHEN 'DONE' THEN 5 ELSE 6 END"
)
PRIORITY_RANK = (
    "CASE priority WHEN 'URGENT' THEN 1 WHEN 'HIGH' THEN 2 WHEN 'MEDIUM' THEN 3 WHEN 'LOW' THEN 4 ELSE 5 END"
)
DUE_RANK = "COALESCE(due_date, 'infinity'::date)"
LATEST_DUE = "COALESCE(due_date, '-infinity'::date)"  # for lists that begin with the latest: no date last, too

ORDERS = ("created_at", "updated_at", "due_rank", "priority_rank", "status_rank", "title")
PARENTS = {"organization": (), "team": ("team_id",), "assignee": ("assignee_id",)}
BY_NUMBER = {"organization": (), "assignee": ("assignee_id",)}  # those of a team have uq_tasks_number


class Task(Owned, table=True):
    """A piece of work; its key is the team's key and its number."""

    computed: ClassVar = {"key": str, "completed": bool, "latest_due": date}

    __tablename__ = "tasks"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "team_id"], ["teams.organization_id", "teams.id"], ondelete="RESTRICT", info=OWNS
        ),
        ForeignKeyConstraint(
            ["organization_id", "team_id", "assignee_id"],
            ["team_members.organization_id", "team_members.team_id", "team_members.id"],
            ondelete="RESTRICT",
        ),
        ForeignKeyConstraint(["creator_id"], ["users.id"], ondelete="RESTRICT"),
        UniqueConstraint("organization_id", "team_id", "number", name="uq_tasks_number"),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint(f"char_length(title) BETWEEN 1 AND {LONGEST_TITLE}", name="title_length"),
        CheckConstraint(f"char_length(description) <= {LONGEST_DESCRIPTION}", name="description_length"),
        CheckConstraint(
            "status IN ('BACKLOG', 'TODO', 'IN_PROGRESS', 'IN_REVIEW', 'DONE', 'CANCELED')", name="status_known"
        ),
        CheckConstraint("priority IN ('NONE', 'URGENT', 'HIGH', 'MEDIUM', 'LOW')", name="priority_known"),
        CheckConstraint(f"estimate BETWEEN 0 AND {LARGEST_ESTIMATE}", name="estimate_fits"),
        CheckConstraint(f"due_date BETWEEN '{FIRST_DAY}' AND '{LAST_DAY}'", name="due_date_fits"),
        CheckConstraint("trellis_tags_valid(tags)", name="tags_valid"),
        CheckConstraint("(status = 'DONE') = (completed_at IS NOT NULL)", name="completed_when_done"),
        CheckConstraint("version > 0", name="version_positive"),
        Index("ix_tasks_creator", "creator_id"),
        *page_indexes("tasks", PARENTS, ORDERS),
        *page_indexes("tasks", BY_NUMBER, ("number",)),
        Index("ix_tasks_folded_title", "organization_id", text("trellis_folded(title)")),
        *(
            Index(f"ix_tasks_{parent}_latest_due", "organization_id", *columns, text(f"({LATEST_DUE})"), "id")
            for parent, columns in PARENTS.items()
        ),
        *(
            Index(f"ix_tasks_{parent}_urgency", "organization_id", *columns, "priority_rank", "due_rank", "id")
            for parent, columns in PARENTS.items()
        ),
    )

    team_id: UUID = Field(sa_type=Uuid)
    number: int
    title: str
    description: str | None = None
    status: str = "TODO"
    priority: str = "NONE"
    estimate: float | None = Field(default=None, sa_type=Float)
    due_date: date | None = None
    tags: list[str] = Field(default_factory=list, sa_type=ARRAY(Text))
    assignee_id: UUID | None = Field(default=None, sa_type=Uuid)
    creator_id: UUID | None = Field(default=None, sa_type=Uuid)
    completed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    status_rank: int = Field(sa_type=SmallInteger, sa_column_args=[Computed(STATUS_RANK, persisted=True)])
    priority_rank: int = Field(sa_type=SmallInteger, sa_column_args=[Computed(PRIORITY_RANK, persisted=True)])
    due_rank: date = Field(sa_column_args=[Computed(DUE_RANK, persisted=True)])


class FormerTaskKey(SQLModel, table=True):
    """A key that once named a task and still finds it. Of several tasks the live one counts that had it last."""

    __tablename__ = "former_task_keys"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "task_id"], ["tasks.organization_id", "tasks.id"], ondelete="RESTRICT"
        ),
        CheckConstraint("key ~ '^[A-Z][A-Z0-9_]{0,11}-[0-9]{1,10}$'", name="key_form"),
        Index("ix_former_task_keys_task", "organization_id", "task_id"),
    )

    organization_id: UUID = Field(primary_key=True, sa_type=Uuid)
    key: str = Field(primary_key=True)
    task_id: UUID = Field(primary_key=True, sa_type=Uuid)
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
