"""People. The one table that belongs to no organization."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, Uuid, false, text, true
from sqlmodel import Field

from app.auth.email import LONGEST_EMAIL
from app.db.columns import Stamped, new_id

LONGEST_NAME = 100
LONGEST_URL = 2_000
LONGEST_SUBJECT = 255

# Nobody: whose the memberships of erased people are. The migrations make the row.
NOBODY = UUID("00000000-0000-7000-8000-000000000000")
NOBODYS_NAME = "Deleted user"


class User(Stamped, table=True):
    """A person; `subject` is who the identity provider says they are, empty until the first sign-in.

    They own their e-mail address where the provider vouches for it, or an operator's import named them by it. What the
    provider says is taken over from tokens that were issued after `claims_issued_at`. Of who was erased nothing is left
    but the row, for what they did to refer to: only they have no e-mail address.
    """

    computed: ClassVar = {"email": str | None, "organization_ids": list[UUID], "is_me": bool}

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint(f"char_length(email) BETWEEN 3 AND {LONGEST_EMAIL}", name="email_length"),
        CheckConstraint(f"char_length(name) BETWEEN 1 AND {LONGEST_NAME}", name="name_length"),
        CheckConstraint(f"char_length(avatar_url) BETWEEN 1 AND {LONGEST_URL}", name="avatar_url_length"),
        CheckConstraint(f"char_length(subject) BETWEEN 1 AND {LONGEST_SUBJECT}", name="subject_length"),
        Index(
            "uq_users_address", text('lower(email COLLATE "C")'), unique=True, postgresql_where=text("owns_email")
        ),  # app/auth/email.py says why
        Index(
            "ix_users_merged",
            text('lower(email COLLATE "C")'),
            postgresql_where=text("subject IS NULL AND NOT owns_email"),
        ),
        Index("uq_users_subject", "subject", unique=True),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True, sa_type=Uuid)
    subject: str | None = None
    email: str | None
    owns_email: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    name: str
    name_is_provided: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    avatar_url: str | None = None
    claims_issued_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
