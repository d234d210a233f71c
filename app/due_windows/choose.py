"""Choosing tasks by how near the day is on which they are due, as `Task.dueWindow` says it."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    Integer,
    Text,
    and_,
    any_,
    bindparam,
    case,
    cast,
    extract,
    func,
    literal_column,
    or_,
    select,
)
from strawberry import UNSET

from app.db.columns import now
from app.due_windows.window import CLOSED, WEEKDAYS, DueWindow
from app.filters.comparators import Comparator
from app.filters.filters import once
from app.graph.conditions import Condition, Values, all_of
from app.graph.filter_path import FilterPath
from app.settings.resolve import ZONES
from app.settings.resolve_in_sql import nearest, of_rows
from app.tasks.loaders import TASKS, tasks
from app.tasks.models import FIRST_DAY, LAST_DAY

AS_RELATIONS = 8  # each row's team has settings of its own; and its SQL takes 4 ms to build
DAY = timedelta(days=1)
# Where it is another day than in UTC, it is the one before or after.
SHIFTS = {"zones_behind": -1, "zones_same": 0, "zones_ahead": 1}
# For each window the first and the last day that can be in it anywhere.
SPANS: Mapping[DueWindow, Callable[[date], tuple[date, date]]] = {
    DueWindow.OVERDUE: lambda utc: (FIRST_DAY, utc),
    DueWindow.TODAY: lambda utc: (utc - DAY, utc + DAY),
    DueWindow.THIS_WEEK: lambda utc: (utc, utc + 7 * DAY),
    DueWindow.NEXT_WEEK: lambda utc: (utc, utc + 14 * DAY),
    DueWindow.LATER: lambda utc: (utc + 7 * DAY, LAST_DAY),
}


def due_in(compared: Comparator[DueWindow], path: FilterPath, values: Values) -> Condition:
    """Whether a task's window passes; raises BadUserInput."""
    for _ in range(AS_RELATIONS):
        path.check_relation()
    values |= days_everywhere(_quarter(now()))
    asked = compared.in_ if isinstance(compared.in_, list) else [compared.eq]
    exact = once(TASKS, WINDOW, compared, path, values)
    windows = [one for one in asked if one and one is not UNSET]
    return all_of(_about_then(windows, values), exact) if windows else exact


def _quarter(moment: datetime) -> datetime:
    """The quarter of an hour that it is in: days begin with one in all time zones."""
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)


@lru_cache(1)  # 40 ms
def days_everywhere(moment: datetime) -> Mapping[str, Any]:
    """What day it is in UTC at `moment`, and the time zones by whether theirs is that one."""
    today = moment.date()
    day = {zone: moment.astimezone(ZoneInfo(zone)).date() for zone in ZONES}
    shifted = {name: [zone for zone in day if day[zone] == today + days * DAY] for name, days in SHIFTS.items()}
    return {"utc_day": today, **shifted}


def _about_then(windows: list[DueWindow], values: Values) -> Condition:
    """What holds wherever one is, and costs next to nothing.

    Of a few days an index finds the tasks; of many, such as all that are past, the planner shall not read them by it,
    as it takes each list for short.
    """
    utc = values["utc_day"]
    begins, ends = zip(*(SPANS[one](utc) for one in windows), strict=True)
    names = values.add(min(begins)), values.add(max(ends))
    day = tasks.c.due_rank if max(ends) - min(begins) < 30 * DAY else tasks.c.due_date

    def clause() -> ColumnElement[bool]:
        since, until = (bindparam(name, type_=Date) for name in names)
        return and_(OPEN, day >= since, day <= until)

    return Condition(("about then", day.name), clause)


def _shift(zone: ColumnElement[str]) -> ColumnElement[int]:
    """By how many days it is another one there than in UTC; NULL where there is no such zone."""
    shifts = (
        (zone == any_(bindparam(name, type_=ARRAY(Text))), literal_column(str(days), Integer))
        for name, days in SHIFTS.items()
    )
    return case(*shifts)


def _weekday(day: ColumnElement[str]) -> ColumnElement[int]:
    """Monday is 1, as PostgreSQL has it."""
    return func.array_position(literal_column(f"ARRAY{WEEKDAYS}::text[]"), cast(day, Text), type_=Integer)


def _window() -> ColumnElement[str]:
    """The window of a row, as `due.window` says it."""
    settings = of_rows(
        tasks,
        shift=nearest("timezone", _shift, literal_column("0", Integer)),
        week_start=nearest("week_start", _weekday, literal_column("1", Integer)),
    ).lateral("settings")
    today = bindparam("utc_day", type_=Date) + settings.c.shift
    seven = literal_column("7", Integer)
    since_start = (cast(extract("isodow", today), Integer) - settings.c.week_start + seven) % seven
    days = select(today.label("today"), (today + (seven - since_start)).label("next_week")).subquery("days")
    due, shown = tasks.c.due_date, {one: literal_column(f"'{one.name}'", Text) for one in DueWindow}
    return (
        select(
            case(
                (or_(due.is_(None), ~OPEN), None),
                (due < days.c.today, shown[DueWindow.OVERDUE]),
                (due == days.c.today, shown[DueWindow.TODAY]),
                (due < days.c.next_week, shown[DueWindow.THIS_WEEK]),
                (due < days.c.next_week + seven, shown[DueWindow.NEXT_WEEK]),
                else_=shown[DueWindow.LATER],
            )
        )
        .select_from(days)
        .correlate(tasks)
        .scalar_subquery()
    )


OPEN = tasks.c.status.not_in([literal_column(f"'{one}'") for one in sorted(CLOSED)])
WINDOW = _window()
