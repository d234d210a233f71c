"""Settings: what an object has set by itself, and what counts for it with all that is above."""

from collections.abc import Awaitable, Sequence

import strawberry

from app.graph.context import Context
from app.graph.fields import Arguments
from app.organizations.rows import OrganizationRow
from app.ranking.signals import SearchMode
from app.settings.loaders import Subject
from app.settings.models import SettingName, SettingSource, Weekday
from app.settings.resolve import Effective, effective_settings
from app.tasks.models import TaskPriority
from app.team_members.rows import TeamMemberRow
from app.teams.rows import TeamRow


@strawberry.type(
    description="What a member of a team has set for themselves there; null where that is left to what is above."
)
class TeamMemberSettings:
    timezone: str | None = strawberry.field(description="A name of the IANA database, as in Europe/Berlin.")
    week_start: Weekday | None = strawberry.field(description="The first day of a week.")
    default_task_priority: TaskPriority | None = strawberry.field(
        description="The priority of tasks that are created without one."
    )
    digest: bool | None = strawberry.field(description="Whether summaries are wanted.")
    version: int = strawberry.field(description="Rises by one with every change; 0 where nothing was ever set.")


@strawberry.type(description="What a team has set for its members; null where that is left to the organization.")
class TeamSettings(TeamMemberSettings):
    retention_days: int | None = strawberry.field(
        description="For how many days what is deleted can be restored, from 1 to 3,650."
    )
    locked: list[SettingName] = strawberry.field(
        description="The settings that may not be overridden below, whether or not they have a value here."
    )


@strawberry.type(description="What an organization has set for its teams; null where the server's default counts.")
class OrganizationSettings(TeamSettings):
    search_mode: SearchMode | None = strawberry.field(description="By what searches look that do not say it.")


@strawberry.type(description="What counts of a setting.")
class EffectiveSetting:
    source: SettingSource = strawberry.field(description="Where the value comes from.")
    locked: bool = strawberry.field(
        description="Whether it may not be overridden below `lockedBy`. What is overridden there does not count."
    )
    locked_by: SettingSource | None = strawberry.field(
        description="The level that has locked it, of several the highest; null where none has."
    )


@strawberry.type(description="What counts of a setting that is a text.")
class StringSetting(EffectiveSetting):
    value: str = strawberry.field(description="What counts.")
    note: str | None = strawberry.field(
        description="Why what has been set nearer does not count: a time zone that there is no more; null otherwise."
    )


@strawberry.type(description="What counts of a setting that is a number.")
class IntSetting(EffectiveSetting):
    value: int = strawberry.field(description="What counts.")


@strawberry.type(description="What counts of a setting that is on or off.")
class BooleanSetting(EffectiveSetting):
    value: bool = strawberry.field(description="What counts.")


@strawberry.type(description="What counts of a setting that is a day of the week.")
class WeekdaySetting(EffectiveSetting):
    value: Weekday = strawberry.field(description="What counts.")


@strawberry.type(description="What counts of a setting that is a priority of tasks.")
class TaskPrioritySetting(EffectiveSetting):
    value: TaskPriority = strawberry.field(description="What counts.")


@strawberry.type(description="What counts of a setting that is a way to search.")
class SearchModeSetting(EffectiveSetting):
    value: SearchMode = strawberry.field(description="What counts.")


@strawberry.type(
    description="What counts for an object: the nearest that was set, from its own settings up to the server's "
    "defaults, but nothing from below a level that has locked it."
)
class EffectiveSettings:
    timezone: StringSetting = strawberry.field(
        description="A name of the IANA database. Decides which day it is: what `Task.dueWindow` says."
    )
    week_start: WeekdaySetting = strawberry.field(
        description="The first day of a week: what `Task.dueWindow` calls this week and the next."
    )
    default_task_priority: TaskPrioritySetting = strawberry.field(
        description="The priority of tasks that are created without one."
    )
    retention_days: IntSetting = strawberry.field(
        description="For how many days what is deleted can be restored, from 1 to 3,650. A member's is their team's."
    )
    search_mode: SearchModeSetting = strawberry.field(
        description="By what searches look that do not say it; for everybody what the organization says, since it is "
        "all searched."
    )
    digest: BooleanSetting = strawberry.field(
        description="Whether summaries are wanted, for a program that sends them; Trellis sends none."
    )


def of_organizations(
    context: Context, organizations: Sequence[OrganizationRow], _arguments: Arguments
) -> Awaitable[list[Effective]]:
    """What counts for each organization."""
    return context.load_many(effective_settings, [Subject(one.organization_id) for one in organizations])


def of_teams(context: Context, teams: Sequence[TeamRow], _arguments: Arguments) -> Awaitable[list[Effective]]:
    """What counts for each team."""
    return context.load_many(effective_settings, [Subject(team.organization_id, team.id) for team in teams])


def of_team_members(
    context: Context, members: Sequence[TeamMemberRow], _arguments: Arguments
) -> Awaitable[list[Effective]]:
    """What counts for each member of a team."""
    return context.load_many(effective_settings, [Subject(one.organization_id, one.team_id, one.id) for one in members])
