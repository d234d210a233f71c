"""Deletions: what was deleted together and can be restored together."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, DateTime, ForeignKeyConstraint, Index, Uuid
from sqlmodel import Field, SQLModel

from app.db.columns import new_id, now

COUNT = {"server_default": "0"}


class Deletion(SQLModel, table=True):
    """One delete: what of it is still in the trash, and how many rows of each table that would bring back.

    `subject_ids` are the rows that were asked for, of `subject_type`; the others are under them. When the last subject
    has been restored nothing is left, which `restored_at` says.
    """

    __tablename__ = "deletions"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id"], ["organizations.id"], ondelete="RESTRICT"),
        ForeignKeyConstraint(["deleted_by"], ["users.id"], ondelete="RESTRICT"),
        CheckConstraint("cardinality(subject_ids) > 0", name="subject_ids_some"),
        Index("ix_deletions_deleted_at", "organization_id", "deleted_at", "id"),
        Index("ix_deletions_deleted_by", "deleted_by"),
        Index("ix_deletions_purge_at", "purge_at"),
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
    conversations: int = Field(sa_column_kwargs=COUNT)  # there are none yet; servers of 0.1.0 write the column
