"""How near a due date is: by the days and weeks of whoever looks."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.due_windows.window import WEEKDAYS, window
from app.settings.models import Weekday
from app.settings.resolve import effective
from tests.api import Api
from tests.factories import make_tenant
from tests.settings import setting

DEFAULTS = {"default_task_priority": "NONE", "retention_days": 30, "search_mode": "HYBRID", "digest": False}
# Wednesday, half past eleven in the evening in London, Thursday in Berlin and everywhere east of it.
EVENING = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)
QUERY = "query ($id: ID!) { team(id: $id) { tasks { nodes { number dueWindow } } } }"


def seen(day: date, *, moment: datetime = EVENING, zone: str = "UTC", start: str = "MONDAY") -> str:
    return window(day, moment, effective(DEFAULTS | {"timezone": zone, "week_start": start}, []))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (24, "OVERDUE"),
        (25, "TODAY"),
        (26, "THIS_WEEK"),
        (29, "THIS_WEEK"),
        (30, "NEXT_WEEK"),
    ],
)
def test_a_day_of_november(day: int, expected: str) -> None:
    assert seen(date(2026, 11, day)) == expected


def test_the_week_after_the_next_is_later() -> None:
    assert [seen(date(2026, 12, day)) for day in (6, 7)] == ["NEXT_WEEK", "LATER"]


def test_what_is_today_depends_on_the_time_zone() -> None:
    zones = ("America/Lima", "UTC", "Europe/Berlin", "Pacific/Kiritimati")
    assert [seen(date(2026, 11, 25), zone=zone) for zone in zones] == ["TODAY", "TODAY", "OVERDUE", "OVERDUE"]
    assert [seen(date(2026, 11, 26), zone=zone) for zone in zones] == ["THIS_WEEK", "THIS_WEEK", "TODAY", "TODAY"]


def test_what_is_this_week_depends_on_its_first_day() -> None:
    starts = ("THURSDAY", "SATURDAY", "SUNDAY", "MONDAY")
    assert [seen(date(2026, 11, 28), start=start) for start in starts] == [
        "NEXT_WEEK",
        "NEXT_WEEK",
        "THIS_WEEK",
        "THIS_WEEK",
    ]


@given(st.datetimes(timezones=st.just(UTC)), st.sampled_from(list(Weekday)), st.integers(0, 30))
def test_two_days_are_of_one_week_where_no_first_day_is_between_them(
    moment: datetime, start: Weekday, ahead: int
) -> None:
    today = moment.date()
    if today > date.max - timedelta(days=40):
        return
    days = [today + timedelta(days=one) for one in range(1, ahead + 1)]
    starts = sum(WEEKDAYS[day.weekday()] == start.name for day in days)
    expected = "TODAY" if ahead == 0 else ["THIS_WEEK", "NEXT_WEEK"][starts] if starts < 2 else "LATER"
    assert seen(today + timedelta(days=ahead), moment=moment, start=start.name) == expected


async def test_only_open_tasks_with_a_date_have_a_window(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=4)
    past = "UPDATE tasks SET due_date = '2020-01-01' WHERE organization_id = $1 AND number > 1"
    await superuser.execute(past, tenant.id)
    done = "UPDATE tasks SET status = 'DONE', completed_at = now() WHERE organization_id = $1 AND number = 3"
    await superuser.execute(done, tenant.id)
    await superuser.execute("UPDATE tasks SET status = 'CANCELED' WHERE organization_id = $1 AND number = 4", tenant.id)

    data = await api.data(QUERY, who=tenant.owner, id=str(tenant.teams[0]))

    windows = {task["number"]: task["dueWindow"] for task in data["team"]["tasks"]["nodes"]}
    assert windows == {1: None, 2: "OVERDUE", 3: None, 4: None}


async def test_each_viewer_sees_their_own_today(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """It is never the same day on Kiritimati and on Niue: 14 hours ahead of UTC and 11 behind."""
    tenant = await make_tenant(superuser, members=2, tasks=1)
    other = tenant.owner.replace("person1", "person2")
    await setting.of_organization(api, tenant, timezone="Pacific/Kiritimati")
    await setting.of_member(api, other, tenant.team_members[1], timezone="Pacific/Niue")
    ahead = datetime.now(ZoneInfo("Pacific/Kiritimati")).date()
    await superuser.execute("UPDATE tasks SET due_date = $2 WHERE organization_id = $1", tenant.id, ahead)

    windows = []
    for who in (tenant.owner, other):
        tasks = (await api.data(QUERY, who=who, id=str(tenant.teams[0])))["team"]["tasks"]["nodes"]
        windows.append({task["dueWindow"] for task in tasks})

    assert windows[0] == {"TODAY"}
    assert windows[1] <= {"THIS_WEEK", "NEXT_WEEK"}


async def test_the_windows_of_many_tasks_cost_one_statement(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    costs = []
    for teams, tasks in ((1, 1), (1, 1), (5, 20)):  # with the first, the driver asks about types
        tenant = await make_tenant(superuser, teams=teams, tasks=tasks)
        await superuser.execute("UPDATE tasks SET due_date = '2020-01-01' WHERE organization_id = $1", tenant.id)
        query = (
            "query ($slug: String!) { organization(by: {slug: $slug}) { tasks(first: 100) { nodes { dueWindow } } } }"
        )
        await api.data("{ viewer { user { id } } }", who=tenant.owner)
        data = await api.data(query, who=tenant.owner, slug=tenant.slug)
        assert data["organization"]["tasks"]["nodes"] == [{"dueWindow": "OVERDUE"}] * teams * tasks
        costs.append(len(api.statements))

    assert costs[1:] == [4, 4]  # BEGIN with the organization; the tasks, the settings; ROLLBACK
