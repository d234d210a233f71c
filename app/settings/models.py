"""What organizations, teams and members of teams have set for themselves: a row for each that has set anything."""

from enum import Enum
from typing import ClassVar
from uuid import UUID

import strawberry
from sqlalchemy import ARRAY, CheckConstraint, ForeignKeyConstraint, Text, Uuid
from sqlmodel import Field

from app.db.columns import Stamped

LONGEST_RETENTION = 3650  # days


@strawberry.enum(description="A setting.")
class SettingName(Enum):
    TIMEZONE = strawberry.enum_value("TIMEZONE", description="`timezone`.")
    WEEK_START = strawberry.enum_value("WEEK_START", description="`weekStart`.")
    DEFAULT_TASK_PRIORITY = strawberry.enum_value("DEFAULT_TASK_PRIORITY", description="`defaultTaskPriority`.")
    RETENTION_DAYS = strawberry.enum_value("RETENTION_DAYS", description="`retentionDays`.")
    SEARCH_MODE = strawberry.enum_value("SEARCH_MODE", description="`searchMode`.")
    DIGEST = strawberry.enum_value("DIGEST", description="`digest`.")


@strawberry.enum(description="Where the value of a setting comes from, or who locks it.")
class SettingSource(Enum):
    DEFAULT = strawberry.enum_value("DEFAULT", description="Nobody has set it: the server's own default.")
    ORGANIZATION = strawberry.enum_value("ORGANIZATION", description="The organization.")
    TEAM = strawberry.enum_value("TEAM", description="The team.")
    MEMBER = strawberry.enum_value("MEMBER", description="The member of the team, for themselves.")


@strawberry.enum(description="A day of the week.")
class Weekday(Enum):
    MONDAY = strawberry.enum_value("MONDAY", description="Monday.")
    TUESDAY = strawberry.enum_value("TUESDAY", description="Tuesday.")
    WEDNESDAY = strawberry.enum_value("WEDNESDAY", description="Wednesday.")
    THURSDAY = strawberry.enum_value("THURSDAY", description="Thursday.")
    FRIDAY = strawberry.enum_value("FRIDAY", description="Friday.")
    SATURDAY = strawberry.enum_value("SATURDAY", description="Saturday.")
    SUNDAY = strawberry.enum_value("SUNDAY", description="Sunday.")


# Of a member's own settings, of those of all that has members, and of an organization's alone.
OWN_CHECKS = {
    "timezone_form": "timezone ~ '^[A-Za-z0-9_+/-]{1,64}$'",
    "week_start_known": (
        "week_start IN ('MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY')"
    ),
    "default_task_priority_known": "default_task_priority IN ('NONE', 'URGENT', 'HIGH', 'MEDIUM', 'LOW')",
    "version_positive": "version > 0",
}
GROUP_CHECKS = OWN_CHECKS | {
    "retention_days_range": f"retention_days BETWEEN 1 AND {LONGEST_RETENTION}",
    "locked_known": (
        "array_position(locked, NULL) IS NULL AND locked <@ ARRAY['TIMEZONE', 'WEEK_START', 'DEFAULT_TASK_PRIORITY',"
        " 'RETENTION_DAYS', 'SEARCH_MODE', 'DIGEST']::text[]"
    ),
}
ORGANIZATION_CHECKS = GROUP_CHECKS | {
    "search_mode_known": "search_mode IN ('HYBRID', 'SEMANTIC', 'FULL_TEXT', 'FUZZY')"
}


class OwnSettings(Stamped):
    """What everybody may set; None says nothing, and what is above counts."""

    timezone: str | None = None
    week_start: str | None = None
    default_task_priority: str | None = None
    digest: bool | None = None
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})


class GroupSettings(OwnSettings):
    """What may be set for all the members of something; `locked` are the settings that nothing below overrides."""

    retention_days: int | None = None
    locked: list[str] = Field(default_factory=list, sa_type=ARRAY(Text))


class OrganizationSettings(GroupSettings, table=True):
    """What an organization has set."""

    computed: ClassVar = {"id": UUID}

    __tablename__ = "organization_settings"
    __table_args__ = (
        # Says something of the organization and is nothing by itself, so it goes with it; and so below.
        ForeignKeyConstraint(["organization_id"], ["organizations.id"], ondelete="CASCADE"),
        *(CheckConstraint(check, name=name) for name, check in ORGANIZATION_CHECKS.items()),
    )

    organization_id: UUID = Field(primary_key=True, sa_type=Uuid)
    search_mode: str | None = None


class TeamSettings(GroupSettings, table=True):
    """What a team has set."""

    computed: ClassVar = {"id": UUID}

    __tablename__ = "team_settings"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "team_id"], ["teams.organization_id", "teams.id"], ondelete="CASCADE"),
        *(CheckConstraint(check, name=name) for name, check in GROUP_CHECKS.items()),
    )

    organization_id: UUID = Field(primary_key=True, sa_type=Uuid)
    team_id: UUID = Field(primary_key=True, sa_type=Uuid)


class TeamMemberSettings(OwnSettings, table=True):
    """What a member of a team has set for themselves there."""

    computed: ClassVar = {"id": UUID}

    __tablename__ = "team_member_settings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "team_member_id"],
            ["team_members.organization_id", "team_members.id"],
            ondelete="CASCADE",
        ),
        *(CheckConstraint(check, name=name) for name, check in OWN_CHECKS.items()),
    )

    organization_id: UUID = Field(primary_key=True, sa_type=Uuid)
    team_member_id: UUID = Field(primary_key=True, sa_type=Uuid)
