"""Invitations: an address that may come into an organization, and as what."""

from datetime import datetime
from enum import Enum
from uuid import UUID

import strawberry
from sqlalchemy import CheckConstraint, Computed, DateTime, ForeignKeyConstraint, Index, LargeBinary, Uuid, text
from sqlmodel import Field, SQLModel

from app.auth.email import LONGEST_EMAIL
from app.db.columns import Stamped, new_id

PENDING = "status = 'PENDING'"

LONGEST_MESSAGE = 1_000


@strawberry.enum(description="What has become of an invitation.")
class InvitationStatus(Enum):
    PENDING = strawberry.enum_value("PENDING", description="It can be accepted.")
    EXPIRED = strawberry.enum_value("EXPIRED", description="Its time is over: resend it for another.")
    ACCEPTED = strawberry.enum_value("ACCEPTED", description="Somebody has come in by it.")
    DECLINED = strawberry.enum_value("DECLINED", description="Whoever was invited does not want to.")
    REVOKED = strawberry.enum_value("REVOKED", description="It was taken back.")


class Invitation(Stamped, table=True):
    """An invitation of an address. Of the secret in its link only the hash is kept.

    `status` never says EXPIRED: that is PENDING after `expires_at`. `answered_by` is who accepted or declined it, whose
    address need not be the one that was invited.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        # Goes with its organization, as API keys do.
        ForeignKeyConstraint(["organization_id"], ["organizations.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["invited_by"], ["users.id"], ondelete="RESTRICT"),
        ForeignKeyConstraint(
            ["answered_by"], ["users.id"], ondelete="RESTRICT", name="fk_invitations_users_answered_by"
        ),
        CheckConstraint(f"char_length(email) BETWEEN 3 AND {LONGEST_EMAIL}", name="email_length"),
        CheckConstraint(f"char_length(message) BETWEEN 1 AND {LONGEST_MESSAGE}", name="message_length"),
        CheckConstraint("role IN ('OWNER', 'ADMIN', 'MEMBER')", name="role_known"),
        CheckConstraint("status IN ('PENDING', 'ACCEPTED', 'DECLINED', 'REVOKED')", name="status_known"),
        CheckConstraint("octet_length(secret_hash) = 32", name="secret_hash_length"),
        Index("uq_invitations_email", "organization_id", "email_key", unique=True, postgresql_where=text(PENDING)),
        Index("ix_invitations_created_at", "organization_id", "created_at", "id"),
        Index("ix_invitations_invited_by", "invited_by"),
        # Whoever is invited finds it before they are in the organization: by its id, or by their address.
        Index("ix_invitations_id", "id"),
        Index("ix_invitations_email", "email_key"),
        Index("ix_invitations_answered_by", "answered_by"),
    )

    organization_id: UUID = Field(primary_key=True, sa_type=Uuid)
    id: UUID = Field(default_factory=new_id, primary_key=True, sa_type=Uuid)
    email: str
    # app/auth/email.py says why. A column, since an index over `lower(…)` is of no use under row-level security.
    email_key: str = Field(sa_column_args=[Computed('lower(email COLLATE "C")', persisted=True)])
    role: str
    message: str | None = None
    status: str = InvitationStatus.PENDING.name
    invited_by: UUID | None = Field(default=None, sa_type=Uuid)
    answered_by: UUID | None = Field(default=None, sa_type=Uuid)
    secret_hash: bytes = Field(sa_type=LargeBinary)
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class InvitationTeam(SQLModel, table=True):
    """A team that whoever accepts an invitation comes into, and as what."""

    __tablename__ = "invitation_teams"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "invitation_id"], ["invitations.organization_id", "invitations.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["organization_id", "team_id"], ["teams.organization_id", "teams.id"], ondelete="CASCADE"),
        CheckConstraint("role IN ('ADMIN', 'MEMBER', 'VIEWER')", name="role_known"),
        Index("ix_invitation_teams_team", "organization_id", "team_id"),
    )

    organization_id: UUID = Field(primary_key=True, sa_type=Uuid)
    invitation_id: UUID = Field(primary_key=True, sa_type=Uuid)
    team_id: UUID = Field(primary_key=True, sa_type=Uuid)
    role: str
