"""API keys: programs that act in one organization as themselves."""

from datetime import datetime
from enum import Enum
from uuid import UUID

import strawberry
from sqlalchemy import ARRAY, CheckConstraint, DateTime, ForeignKeyConstraint, Index, LargeBinary, String, Uuid
from sqlmodel import Field

from app.db.columns import Stamped, new_id, now

LONGEST_NAME = 100
HIGHEST_RATE_LIMIT = 1_000_000  # points a minute


@strawberry.enum(description="What an API key may do. Each scope includes those before it.")
class ApiKeyScope(Enum):
    READ = strawberry.enum_value("READ", description="Read the organization and all that is in it, and write nothing.")
    WRITE_TASKS = strawberry.enum_value(
        "WRITE_TASKS", description="Create, change, move, delete and restore tasks of all teams."
    )
    WRITE_ALL = strawberry.enum_value(
        "WRITE_ALL", description="What the admin of every team may do: the teams, their members and all their work."
    )
    ADMIN = strawberry.enum_value(
        "ADMIN",
        description="What an admin of the organization may do, but for two things: it does not manage API keys, and "
        "of the members it adds, removes and restores only those who are neither owners nor admins.",
    )


class ApiKey(Stamped, table=True):
    """A key and what it was given. Of its secrets only hashes are kept: the newest, and for a time the one before."""

    __tablename__ = "api_keys"
    __table_args__ = (
        # Goes with its organization, after the log that refers to it.
        ForeignKeyConstraint(["organization_id"], ["organizations.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["created_by"], ["users.id"], ondelete="RESTRICT"),
        CheckConstraint(f"char_length(name) BETWEEN 1 AND {LONGEST_NAME}", name="name_length"),
        CheckConstraint(
            "scopes <@ ARRAY['READ', 'WRITE_TASKS', 'WRITE_ALL', 'ADMIN']::varchar[]"
            " AND cardinality(scopes) BETWEEN 1 AND 4",
            name="scopes_known",
        ),
        CheckConstraint(f"rate_limit_per_minute BETWEEN 1 AND {HIGHEST_RATE_LIMIT}", name="rate_limit_in_range"),
        CheckConstraint("octet_length(secret_hash) = 32", name="secret_hash_length"),
        CheckConstraint("octet_length(former_secret_hash) = 32", name="former_secret_hash_length"),
        CheckConstraint(
            "(former_secret_hash IS NULL) = (former_secret_expires_at IS NULL)", name="former_secret_expires"
        ),
        Index("ix_api_keys_created_at", "organization_id", "created_at", "id"),
        Index("ix_api_keys_created_by", "created_by"),
        Index("ix_api_keys_id", "id"),  # a key is found before its organization is known
    )

    organization_id: UUID = Field(primary_key=True, sa_type=Uuid)
    id: UUID = Field(default_factory=new_id, primary_key=True, sa_type=Uuid)
    name: str
    scopes: list[str] = Field(sa_type=ARRAY(String))
    rate_limit_per_minute: int | None = None
    created_by: UUID | None = Field(default=None, sa_type=Uuid)
    expires_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    revoked_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    last_used_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    secret_hash: bytes = Field(sa_type=LargeBinary)
    secret_created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    former_secret_hash: bytes | None = Field(default=None, sa_type=LargeBinary)
    former_secret_expires_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
