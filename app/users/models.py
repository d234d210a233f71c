"""People. The one table that belongs to no organization."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Uuid, text, true
from sqlmodel import Field

from app.db.columns import Stamped, new_id


class User(Stamped, table=True):
    """A person; `subject` is who the identity provider says they are, empty until the first sign-in.

    They own their e-mail address where the provider vouches for it, or where it was invited.
    """

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("char_length(email) BETWEEN 3 AND 254", name="email_length"),
        CheckConstraint("char_length(name) BETWEEN 1 AND 100", name="name_length"),
        CheckConstraint("char_length(subject) BETWEEN 1 AND 255", name="subject_length"),
        Index("uq_users_email", text("lower(email)"), unique=True, postgresql_where=text("owns_email")),
        Index("uq_users_subject", "subject", unique=True),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True, sa_type=Uuid)
    subject: str | None = None
    email: str
    owns_email: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    name: str
    avatar_url: str | None = None
