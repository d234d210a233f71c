"""Teams of an organization."""

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field

from app.db.row import OWNS, Owned


class Team(Owned, table=True):
    """A team; `key` is what its tasks' keys begin with, `last_number` the newest task's number."""

    __tablename__ = "teams"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id"], ["organizations.id"], ondelete="RESTRICT", info=OWNS),
        CheckConstraint("key ~ '^[A-Z][A-Z0-9]{0,11}$'", name="key_form"),
        CheckConstraint("char_length(name) BETWEEN 1 AND 100", name="name_length"),
        CheckConstraint("char_length(description) <= 65536", name="description_length"),
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
