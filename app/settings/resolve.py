"""Which value of a setting counts: the nearest one, but none from below a level that has locked it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from app.graph.context import Context
from app.graph.select import Key
from app.settings.loaders import Subject, levels_of_actor, levels_of_subject
from app.settings.models import SettingSource


class Setting(NamedTuple):
    """What counts, where it comes from, and which level has locked it."""

    value: Any
    source: str
    locked_by: str | None = None

    @property
    def locked(self) -> bool:
        return self.locked_by is not None


@dataclass(frozen=True, slots=True)
class Effective:
    """What counts for an organization, a team, or a member of a team."""

    timezone: Setting
    week_start: Setting
    default_task_priority: Setting
    retention_days: Setting
    search_mode: Setting
    digest: Setting


async def effective_settings(context: Context, subjects: Sequence[Subject]) -> list[Effective]:
    """What counts for each subject; one statement."""
    defaults = defaults_of(context)
    return [effective(defaults, levels) for levels in await levels_of_subject(context, subjects)]


async def actor_settings(context: Context, teams: Sequence[Key]) -> list[Effective]:
    """What counts for the caller in each team: their own settings too, where they are a member of it."""
    defaults = defaults_of(context)
    return [effective(defaults, levels) for levels in await levels_of_actor(context, teams)]


def defaults_of(context: Context) -> dict[str, Any]:
    """What the server says where nobody else does."""
    return {
        "timezone": "UTC",
        "week_start": "MONDAY",
        "default_task_priority": "NONE",
        "retention_days": context.retention.days,
        "search_mode": "HYBRID",
        "digest": False,
    }


def effective(defaults: Mapping[str, Any], levels: Sequence[Mapping[str, Any]]) -> Effective:
    """What counts, given what the levels have set, from the organization down."""
    return Effective(**{name: resolve(name, default, levels) for name, default in defaults.items()})


def resolve(name: str, default: Any, levels: Sequence[Mapping[str, Any]]) -> Setting:
    """What counts of one setting."""
    found = Setting(default, SettingSource.DEFAULT.name)
    for level in levels:
        if level[name] is not None:
            found = Setting(level[name], level["level"])
        if name.upper() in (level["locked"] or ()):
            return found._replace(locked_by=level["level"])
    return found
