"""Memberships in organizations."""

from enum import Enum
from uuid import UUID

import strawberry
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Uuid, text
from sqlmodel import Field

from app.db.columns import BELONGS, Owned
from app.users.models import NOBODY


@strawberry.enum(description="What a member may do in an organization.")
class OrganizationRole(Enum):
    OWNER = strawberry.enum_value(
        "OWNER", description="Everything, deleting the organization and naming owners included."
    )
    ADMIN = strawberry.enum_value("ADMIN", description="Everything but owners and deleting the organization.")
    MEMBER = strawberry.enum_value("MEMBER", description="Reads the organization and creates teams.")


class OrganizationMember(Owned, table=True):
    """A person in an organization."""

    __tablename__ = "organization_members"
    __table_args__ = (
        # Members stay when their organization is deleted: they are who sees its trash and may restore it.
        ForeignKeyConstraint(["organization_id"], ["organizations.id"], ondelete="RESTRICT", info=BELONGS),
        ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="RESTRICT"),
        CheckConstraint("role IN ('OWNER', 'ADMIN', 'MEMBER')", name="role_known"),
        CheckConstraint(f"deleted_at IS NOT NULL OR user_id <> '{NOBODY}'", name="nobodys_deleted"),
        Index(
            "uq_organization_members_user",
            "organization_id",
            "user_id",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
            info={"taken": "The person is a member again by now: there is nothing to restore."},
        ),
        Index("ix_organization_members_user", "user_id", "organization_id"),
        Index("ix_organization_members_created_at", "organization_id", "created_at", "id"),
    )

    user_id: UUID = Field(sa_type=Uuid)
    role: str
