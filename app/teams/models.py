"""Teams of an organization."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, Index, Uuid, text
from sqlmodel import Field, SQLModel

from app.db.columns import OWNS, Owned, now

LONGEST_KEY = 12
LONGEST_NAME = 100
LONGEST_DESCRIPTION = 65_536
KEY_FORM = f"key ~ '^[A-Z][A-Z0-9]{{0,{LONGEST_KEY - 1}}}$'"


class Team(Owned, table=True):
    """A team; `key` is what its tasks' keys begin with, `last_number` the newest task's number."""

    __tablename__ = "teams"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id"], ["organizations.id"], ondelete="RESTRICT", info=OWNS),
        CheckConstraint(KEY_FORM, name="key_form"),
        CheckConstraint(f"char_length(name) BETWEEN 1 AND {LONGEST_NAME}", name="name_length"),
        CheckConstraint(f"char_length(description) <= {LONGEST_DESCRIPTION}", name="description_length"),
        CheckConstraint("last_number >= 0", name="last_number_not_negative"),
        CheckConstraint("version > 0", name="version_positive"),
        Index(
            "uq_teams_key",
            "organization_id",
            "key",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
            info={"taken": "Another team has its key by now: give that one another key first."},
        ),
        Index("ix_teams_name", "organization_id", "name", "id"),
        Index("ix_teams_key", "organization_id", "key", "id"),
        Index("ix_teams_created_at", "organization_id", "created_at", "id"),
    )

    key: str
    name: str
    description: str | None = None
    last_number: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})


class FormerTeamKey(SQLModel, table=True):
    """A key that a team once had, and with which its tasks are still found. Of several teams the newest row counts."""

    __tablename__ = "former_team_keys"
    __table_args__ = (
        # Says something of the team and is nothing by itself, so it goes with it.
        ForeignKeyConstraint(["organization_id", "team_id"], ["teams.organization_id", "teams.id"], ondelete="CASCADE"),
        CheckConstraint(KEY_FORM, name="key_form"),
        Index("ix_former_team_keys_team", "organization_id", "team_id"),
    )

    organization_id: UUID = Field(primary_key=True, sa_type=Uuid)
    key: str = Field(primary_key=True)
    team_id: UUID = Field(primary_key=True, sa_type=Uuid)
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
