"""Answers kept for retries."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, LargeBinary, Uuid, text
from sqlmodel import Field, SQLModel

from app.db.columns import now


class IdempotencyKey(SQLModel, table=True):
    """A request that was carried out, and the body of its answer; `request_hash` tells a retry from another request.

    `actor_id` is the person's or the API key's that sent it, without a foreign key as it may be either. A row lives for
    a day, so none outlives its actor for long. `body` is NULL where the answer is not kept, or not any more; `roles` is
    the fingerprint of what the actor was when it was given. `kept_bytes` counts what has been kept for the actor, up to
    and with this answer: an answer that is too far behind the newest is let go.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        CheckConstraint("char_length(key) BETWEEN 1 AND 255", name="key_length"),
        Index("ix_idempotency_keys_created_at", "created_at"),
        Index("ix_idempotency_keys_kept", "actor_id", "kept_bytes", postgresql_where=text("kept_bytes IS NOT NULL")),
    )

    actor_id: UUID = Field(primary_key=True, sa_type=Uuid)
    key: str = Field(primary_key=True)
    request_hash: bytes = Field(sa_type=LargeBinary)
    body: bytes | None = Field(default=None, sa_type=LargeBinary)
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    roles: str | None = None
    kept_bytes: int | None = Field(default=None, sa_type=BigInteger)
