"""Memberships in teams."""

from enum import Enum
from typing import ClassVar
from uuid import UUID

import strawberry
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, Uuid, text
from sqlmodel import Field

from app.db.columns import OWNS, Owned


@strawberry.enum(description="What a member may do in a team.")
class TeamRole(Enum):
    ADMIN = strawberry.enum_value("ADMIN", description="Manages the team, its members and its tasks.")
    MEMBER = strawberry.enum_value("MEMBER", description="Works on the team's tasks.")
    VIEWER = strawberry.enum_value("VIEWER", description="Reads.")


class TeamMember(Owned, table=True):
    """A member of an organization in one of its teams: nobody is in a team without being in its organization."""

    computed: ClassVar = {"user_id": UUID}

    __tablename__ = "team_members"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "team_id"], ["teams.organization_id", "teams.id"], ondelete="RESTRICT", info=OWNS
        ),
        ForeignKeyConstraint(
            ["organization_id", "organization_member_id"],
            ["organization_members.organization_id", "organization_members.id"],
            ondelete="RESTRICT",
            info=OWNS,
        ),
        CheckConstraint("role IN ('ADMIN', 'MEMBER', 'VIEWER')", name="role_known"),
        # What a task's assignee refers to: the team is in the key, so an assignee is always of the task's team.
        UniqueConstraint("organization_id", "team_id", "id", name="uq_team_members_team"),
        Index(
            "uq_team_members_organization_member",
            "organization_id",
            "team_id",
            "organization_member_id",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
            info={"taken": "The person is a member of the team again by now: there is nothing to restore."},
        ),
        Index("ix_team_members_created_at", "organization_id", "team_id", "created_at", "id"),
        Index(
            "ix_team_members_organization_member_created_at",
            "organization_id",
            "organization_member_id",
            "created_at",
            "id",
        ),
    )

    team_id: UUID = Field(sa_type=Uuid)
    organization_member_id: UUID = Field(sa_type=Uuid)
    role: str
