"""Deletions: what was deleted together and can be restored together."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, DateTime, ForeignKeyConstraint, Index, Uuid, text
from sqlmodel import Field, SQLModel

from app.db.row import new_id, now

COUNT = {"server_default": "0"}


class Deletion(SQLModel, table=True):
    """One delete: what it was asked for (`subject_ids`, of `subject_type`), and how many rows of each kind it took."""

    __tablename__ = "deletions"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id"], ["organizations.id"], ondelete="RESTRICT"),
        ForeignKeyConstraint(["deleted_by"], ["users.id"], ondelete="RESTRICT"),
        CheckConstraint("cardinality(subject_ids) > 0", name="subject_ids_some"),
        Index("ix_deletions_deleted_at", "organization_id", "deleted_at", "id"),
        Index("ix_deletions_deleted_by", "deleted_by"),
        Index("ix_deletions_purge_at", "purge_at", postgresql_where=text("restored_at IS NULL")),
    )

    organization_id: UUID = Field(primary_key=True, sa_type=Uuid)
    id: UUID = Field(default_factory=new_id, primary_key=True, sa_type=Uuid)
    subject_type: str
    subject_ids: list[UUID] = Field(sa_type=ARRAY(Uuid))
    deleted_by: UUID | None = Field(default=None, sa_type=Uuid)
    deleted_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    purge_at: datetime = Field(sa_type=DateTime(timezone=True))
    restored_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    organizations: int = Field(default=0, sa_column_kwargs=COUNT)
    organization_members: int = Field(default=0, sa_column_kwargs=COUNT)
    teams: int = Field(default=0, sa_column_kwargs=COUNT)
    team_members: int = Field(default=0, sa_column_kwargs=COUNT)
    tasks: int = Field(default=0, sa_column_kwargs=COUNT)
    documents: int = Field(default=0, sa_column_kwargs=COUNT)
    conversations: int = Field(default=0, sa_column_kwargs=COUNT)
