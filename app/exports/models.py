"""Exports of organizations: the work, and the file that comes of it."""

from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.db.columns import Stamped, new_id

LARGEST_CHUNK = 1024 * 1024  # bytes
UNFINISHED = "status IN ('PENDING', 'RUNNING')"


@strawberry.enum(description="How far an export is.")
class ExportStatus(Enum):
    PENDING = strawberry.enum_value("PENDING", description="It waits for a server to begin, or to begin anew.")
    RUNNING = strawberry.enum_value("RUNNING", description="It is being written.")
    COMPLETED = strawberry.enum_value("COMPLETED", description="Its file can be fetched.")
    FAILED = strawberry.enum_value("FAILED", description="It could not be written, and `error` says why.")
    EXPIRED = strawberry.enum_value("EXPIRED", description="Its file is gone.")


class Export(Stamped, table=True):
    """An export of an organization, which has one unfinished at most. Of the secrets in its links hashes are kept.

    `due_at` is when it is to be written, or to be given up by whoever is at it; NULL once it is finished, and from then
    on it has a time when it goes. `status` never says EXPIRED: that is COMPLETED after `expires_at`.
    """

    __tablename__ = "exports"
    __table_args__ = (
        # Goes with its organization, as API keys do.
        ForeignKeyConstraint(["organization_id"], ["organizations.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["requested_by"], ["users.id"], ondelete="RESTRICT"),
        CheckConstraint("status IN ('PENDING', 'RUNNING', 'COMPLETED', 'FAILED')", name="status_known"),
        CheckConstraint(f"({UNFINISHED}) = (due_at IS NOT NULL)", name="due_until_finished"),
        CheckConstraint("(due_at IS NULL) = (expires_at IS NOT NULL)", name="expires_once_finished"),
        CheckConstraint("(status = 'FAILED') = (error IS NOT NULL)", name="error_where_failed"),
        CheckConstraint("(status = 'COMPLETED') = (size IS NOT NULL)", name="size_where_completed"),
        CheckConstraint("char_length(error) BETWEEN 1 AND 200", name="error_length"),
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        CheckConstraint("lines_written >= 0", name="lines_written_not_negative"),
        CheckConstraint("cardinality(secret_hashes) BETWEEN 1 AND 10", name="secret_hashes_some"),
        Index("uq_exports_unfinished", "organization_id", unique=True, postgresql_where=text(UNFINISHED)),
        Index("ix_exports_due", "organization_id", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_exports_created_at", "organization_id", "created_at", "id"),
        Index("ix_exports_expires_at", "expires_at", postgresql_where=text("expires_at IS NOT NULL")),
        Index("ix_exports_requested_by", "requested_by"),
        Index("ix_exports_id", "id"),  # whoever has its link is in no organization
    )

    organization_id: UUID = Field(primary_key=True, sa_type=Uuid)
    id: UUID = Field(default_factory=new_id, primary_key=True, sa_type=Uuid)
    requested_by: UUID | None = Field(default=None, sa_type=Uuid)
    status: str = Field(default="PENDING", sa_column_kwargs={"server_default": "PENDING"})
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    due_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    expires_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    lines_written: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    lines_expected: int | None = None
    counts: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": "{}"})
    size: int | None = Field(default=None, sa_type=BigInteger)
    error: str | None = None
    secret_hashes: list[bytes] = Field(sa_type=ARRAY(LargeBinary))


class ExportChunk(SQLModel, table=True):
    """A piece of an export's file, which is gzipped as a whole."""

    __tablename__ = "export_chunks"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "export_id"], ["exports.organization_id", "exports.id"], ondelete="CASCADE"
        ),
        CheckConstraint("index >= 0", name="index_not_negative"),
        CheckConstraint(f"octet_length(data) BETWEEN 1 AND {LARGEST_CHUNK}", name="data_fits"),
    )

    organization_id: UUID = Field(primary_key=True, sa_type=Uuid)
    export_id: UUID = Field(primary_key=True, sa_type=Uuid)
    index: int = Field(primary_key=True, sa_type=Integer)
    data: bytes = Field(sa_type=LargeBinary)
