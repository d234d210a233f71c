"""What happened: one log for audit, sync and live updates."""

from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Index, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.db.columns import new_id, now


@strawberry.enum(description="What was done to an object.")
class EventType(Enum):
    CREATED = strawberry.enum_value("CREATED", description="It was made.")
    UPDATED = strawberry.enum_value("UPDATED", description="Some of its fields changed.")
    DELETED = strawberry.enum_value("DELETED", description="It was deleted, with everything under it.")
    RESTORED = strawberry.enum_value("RESTORED", description="A deletion was undone.")
    PURGED = strawberry.enum_value(
        "PURGED", description="It was removed for good; of a person, what was known of them."
    )


class Event(SQLModel, table=True):
    """One write, of a person (`actor_id`), an API key or Trellis itself. Rows are never changed, but where somebody who
    is erased is named in them.

    `sequence` counts an organization's events without gaps, in commit order.
    """

    __tablename__ = "events"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id"], ["organizations.id"], ondelete="RESTRICT"),
        ForeignKeyConstraint(["actor_id"], ["users.id"], ondelete="RESTRICT"),
        UniqueConstraint("organization_id", "sequence", name="uq_events_sequence"),
        CheckConstraint("type IN ('CREATED', 'UPDATED', 'DELETED', 'RESTORED', 'PURGED')", name="type_known"),
        ForeignKeyConstraint(
            ["organization_id", "api_key_id"], ["api_keys.organization_id", "api_keys.id"], ondelete="RESTRICT"
        ),
        CheckConstraint("sequence > 0", name="sequence_positive"),
        CheckConstraint("actor_id IS NULL OR api_key_id IS NULL", name="one_actor"),
        Index("ix_events_subject", "organization_id", "subject_id", "sequence"),
        Index("ix_events_subject_type", "organization_id", "subject_type", "sequence"),
        Index("ix_events_type", "organization_id", "type", "sequence"),
        Index("ix_events_actor", "actor_id", "organization_id", "sequence"),
        Index(
            "ix_events_api_key",
            "organization_id",
            "api_key_id",
            "sequence",
            postgresql_where=text("api_key_id IS NOT NULL"),
        ),
        Index("ix_events_created_at", "organization_id", "created_at", "sequence"),
    )

    organization_id: UUID = Field(primary_key=True, sa_type=Uuid)
    id: UUID = Field(default_factory=new_id, primary_key=True, sa_type=Uuid)
    sequence: int = Field(sa_type=BigInteger)
    type: str
    subject_type: str
    subject_id: UUID = Field(sa_type=Uuid)
    actor_id: UUID | None = Field(default=None, sa_type=Uuid)
    api_key_id: UUID | None = Field(default=None, sa_type=Uuid)
    request_id: str | None = None
    changes: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class EventCounter(SQLModel, table=True):
    """The newest sequence of an organization; who counts on holds its row until the commit, which makes the order."""

    __tablename__ = "event_counters"
    __table_args__ = (ForeignKeyConstraint(["organization_id"], ["organizations.id"], ondelete="RESTRICT"),)

    organization_id: UUID = Field(primary_key=True, sa_type=Uuid)
    last_sequence: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
