"""Inputs of the mutations of settings, and what they say of the columns."""

from enum import Enum
from typing import Any

import strawberry
from strawberry import UNSET

from app.ranking.signals import SearchMode
from app.settings.models import LONGEST_RETENTION, SettingName, Weekday
from app.settings.resolve import ZONES
from app.tasks.models import TaskPriority
from app.writing.inputs import Checks
from app.writing.mutation import UserErrorCode


@strawberry.input(
    description="Changes of what a member of a team has set for themselves: what is left out stays as it is, `null` "
    "leaves it to the team and the organization again."
)
class TeamMemberSettingsInput:
    timezone: str | None = strawberry.field(
        default=UNSET, description="What decides which day it is: a name of the IANA database, as in Europe/Berlin."
    )
    week_start: Weekday | None = strawberry.field(default=UNSET, description="The first day of a week.")
    default_task_priority: TaskPriority | None = strawberry.field(
        default=UNSET, description="The priority of tasks that are created without one."
    )
    digest: bool | None = strawberry.field(
        default=UNSET, description="Whether summaries are wanted, for a program that sends them; Trellis sends none."
    )


@strawberry.input(
    description="Changes of what a team has set for its members: what is left out stays as it is, `null` leaves it to "
    "the organization again."
)
class TeamSettingsInput(TeamMemberSettingsInput):
    retention_days: int | None = strawberry.field(
        default=UNSET,
        description="For how many days what is deleted can be restored, from 1 to 3,650. Applies to later deletions.",
    )
    locked: list[SettingName] | None = strawberry.field(
        default=UNSET,
        description="The settings that may not be overridden below, in place of those that are locked now; `[]` "
        "locks none. What is overridden there already stays stored, and counts again once the lock is gone.",
    )


@strawberry.input(
    description="Changes of what an organization has set for its teams: what is left out stays as it is, `null` leaves "
    "it to the server's default again."
)
class OrganizationSettingsInput(TeamSettingsInput):
    search_mode: SearchMode | None = strawberry.field(
        default=UNSET, description="By what searches look that do not say it. They are of the whole organization."
    )


def values_of(given: TeamMemberSettingsInput, checks: Checks) -> dict[str, Any]:
    """The columns that the input says something about, None for `null`; mistakes are noted."""
    said = {name: value for name, value in vars(given).items() if value is not UNSET}
    values: dict[str, Any] = {name: value.name if isinstance(value, Enum) else value for name, value in said.items()}
    zone = values.get("timezone")
    if zone is not None and zone not in ZONES:
        hint = "There is no such time zone: take a name of the IANA database, as in Europe/Berlin."
        checks.wrong(UserErrorCode.INVALID, hint, "timezone")
    days = values.get("retention_days")
    if days is not None and not 1 <= days <= LONGEST_RETENTION:
        checks.wrong(UserErrorCode.INVALID, f"From 1 to {LONGEST_RETENTION:,} days are allowed.", "retentionDays")
    locked = values.pop("locked", UNSET)
    if checks.required(locked, "locked"):
        values["locked"] = [name.name for name in SettingName if name in locked]
    return values
