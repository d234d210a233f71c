"""Which value of a setting counts: the nearest one, but none from below a level that has locked it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, NamedTuple

from app.db.record import Columns
from app.graph.context import Context
from app.graph.select import Key
from app.settings.loaders import Subject, levels_of_actor, levels_of_subject
from app.settings.models import SettingSource

# The names of the time zone database as of the package, so that every server takes the same ones.
ZONES = frozenset(files("tzdata").joinpath("zones").read_text().split())


class Setting(NamedTuple):
    """What counts, where it comes from, which level has locked it, and why what is nearer does not count."""

    value: Any
    source: str
    locked_by: str | None = None
    note: str | None = None

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


def defaults_of(context: Context) -> dict[str, object]:
    """What the server says where nobody else does."""
    return {
        "timezone": "UTC",
        "week_start": "MONDAY",
        "default_task_priority": "NONE",
        "retention_days": context.retention.days,
        "search_mode": "HYBRID",
        "digest": False,
    }


def effective(defaults: Mapping[str, Any], levels: Sequence[Columns]) -> Effective:
    """What counts, given what the levels have set, from the organization down."""
    return Effective(**{name: resolve(name, default, levels) for name, default in defaults.items()})


def resolve(name: str, default: Any, levels: Sequence[Columns]) -> Setting:
    """What counts of one setting."""
    found = Setting(default, SettingSource.DEFAULT.name)
    for level in levels:
        value = level[name]
        if name == "timezone" and value is not None and value not in ZONES:  # it was when it was set
            found = found._replace(note=f"{value} is no time zone any more: choose another.")
        elif value is not None:
            found = Setting(value, level["level"])
        if name.upper() in (level["locked"] or ()):
            return found._replace(locked_by=level["level"])
    return found
