"""Choosing tasks by their due window: the filter agrees with the field, for whoever looks, in each team's zone."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from app.due_windows import choose, window
from app.due_windows.choose import SHIFTS, days_everywhere
from app.due_windows.window import DueWindow
from app.settings.resolve import ZONES
from tests.api import Api
from tests.api_keys.documents import make_key
from tests.factories import Tenant, make_tenant
from tests.settings import setting

LIST = """query ($slug: String!, $filter: TaskFilter) { organization(by: {slug: $slug}) { teams { nodes {
    key tasks(first: 100, filter: $filter) { nodes { number dueWindow } }
} } } }"""
WINDOWS = [one.name for one in DueWindow]
# At the second it is Tuesday, Wednesday or Thursday, depending on where one is; the last is the end of a week.
MOMENTS = [
    datetime(2026, 11, 25, 23, 30, tzinfo=UTC),
    datetime(2026, 11, 25, 10, 30, tzinfo=UTC),
    datetime(2026, 11, 29, 12, tzinfo=UTC),
]
Choice = tuple[dict[str, Any], set[str | None]]  # a condition, and the windows that pass it
EQUAL: list[Choice] = [({"eq": one}, {one}) for one in WINDOWS]
UNEQUAL: list[Choice] = [({"ne": one}, {*WINDOWS, None} - {one}) for one in WINDOWS]
CHOICES: list[Choice] = [
    *EQUAL,
    *UNEQUAL,
    ({"in": ["TODAY", "LATER"]}, {"TODAY", "LATER"}),
    ({"in": []}, set()),
    ({"notIn": ["OVERDUE", "THIS_WEEK"]}, {"TODAY", "NEXT_WEEK", "LATER", None}),
    ({"in": ["OVERDUE", "TODAY"], "ne": "TODAY"}, {"OVERDUE"}),
]
Found = dict[str, dict[int, str | None]]


async def windows(api: Api, headers: dict[str, str], tenant: Tenant, condition: dict[str, Any] | None) -> Found:
    """The window of each task that is found, by team and number."""
    response = await api.send_with(headers, LIST, slug=tenant.slug, filter=condition)
    teams = response.json()["data"]["organization"]["teams"]["nodes"]
    return {team["key"]: {task["number"]: task["dueWindow"] for task in team["tasks"]["nodes"]} for team in teams}


async def tasks_of_a_month(api: Api, superuser: "asyncpg.Connection[Any]", moment: datetime) -> Tenant:
    """In each of six teams, which look at days in different ways, a task is due on each day around `moment`; three are
    closed or have no date."""
    tenant = await make_tenant(superuser, teams=6, tasks=24)
    await superuser.execute(
        "UPDATE tasks SET due_date = $2::date + number - 4, status = CASE number WHEN 2 THEN 'CANCELED' ELSE status END"
        " WHERE organization_id = $1 AND number > 1",
        tenant.id,
        moment.date(),
    )
    await superuser.execute(
        "UPDATE tasks SET status = 'DONE', completed_at = now() WHERE organization_id = $1 AND number = 5", tenant.id
    )
    await setting.of_organization(api, tenant, timezone="Pacific/Kiritimati", weekStart="SUNDAY")
    own, locked = tenant.team_members[2], tenant.team_members[3]
    await setting.of_team(api, tenant, team=1, timezone="Pacific/Niue")
    await setting.of_team(api, tenant, team=2, timezone="Europe/Berlin")
    await setting.of_member(api, tenant.owner, own, timezone="Pacific/Niue", weekStart="FRIDAY")
    await setting.of_member(api, tenant.owner, locked, timezone="Pacific/Kiritimati")
    await setting.of_team(api, tenant, team=3, timezone="America/Lima", locked=["TIMEZONE"])
    await setting.of_team(api, tenant, team=4, timezone="UTC")
    gone = "UPDATE team_settings SET timezone = 'Mars/Olympus' WHERE team_id = $1"
    await superuser.execute(gone, tenant.teams[4])
    await setting.of_team(api, tenant, team=5, weekStart="WEDNESDAY", locked=["WEEK_START"])
    return tenant


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
async def test_the_filter_agrees_with_the_field(
    api: Api, superuser: "asyncpg.Connection[Any]", monkeypatch: pytest.MonkeyPatch, moment: datetime
) -> None:
    tenant = await tasks_of_a_month(api, superuser, moment)
    _, key = await make_key(api, tenant)
    for module in (window, choose):
        monkeypatch.setattr(module, "now", lambda: moment)
    seen = set()
    for headers in (api.headers(tenant.owner), {"X-API-Key": key}):
        every = await windows(api, headers, tenant, None)
        seen |= {one for team in every.values() for one in team.values()}
        for condition, chosen in CHOICES:
            found = await windows(api, headers, tenant, {"dueWindow": condition})
            expected = {
                team: {number: seen for number, seen in tasks.items() if seen in chosen}
                for team, tasks in every.items()
            }
            assert found == expected, condition
    assert seen == {*WINDOWS, None}


async def test_it_is_a_condition_among_others(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=3)
    await superuser.execute(
        "UPDATE tasks SET due_date = CASE number WHEN 1 THEN '2020-01-01' ELSE '9999-12-30' END::date"
        " WHERE organization_id = $1 AND number < 3",
        tenant.id,
    )

    async def numbers(condition: dict[str, Any]) -> list[int]:
        return [*(await windows(api, api.headers(tenant.owner), tenant, condition))["T1"]]

    assert await numbers({"dueWindow": {"eq": "OVERDUE"}}) == [1]
    assert await numbers({"dueWindow": {"eq": "LATER"}}) == [2]
    assert await numbers({"not": {"dueWindow": {"eq": "LATER"}}}) == [3, 1]
    assert await numbers({"or": [{"dueWindow": {"eq": "LATER"}}, {"number": {"eq": 3}}]}) == [3, 2]
    assert await numbers({"dueWindow": {"eq": "LATER"}, "status": {"eq": "DONE"}}) == []


@pytest.mark.parametrize("condition", [{"eq": None}, {}, None, {"in": None}])
async def test_null_and_nothing_are_refused(
    api: Api, superuser: "asyncpg.Connection[Any]", condition: dict[str, Any] | None
) -> None:
    tenant = await make_tenant(superuser)
    error = await api.error(LIST, who=tenant.owner, slug=tenant.slug, filter={"dueWindow": condition})
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "`filter.dueWindow" in error["message"]


async def test_it_costs_no_statement(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    costs = []
    tenant = await make_tenant(superuser, teams=3, tasks=3)
    for condition in (None, {"dueWindow": {"eq": "OVERDUE"}}):
        for _ in range(2):  # with the first, the driver asks about types
            await api.data(LIST.replace("dueWindow", "title"), who=tenant.owner, slug=tenant.slug, filter=condition)
        costs.append(len(api.statements))
    assert costs == [4, 4]  # BEGIN with the identity; the organization, its teams, their tasks


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_every_zone_has_one_day(moment: datetime) -> None:
    days = days_everywhere(moment)
    zones = [zone for name in SHIFTS for zone in days[name]]
    assert days["utc_day"] == moment.date()
    assert sorted(zones) == sorted(ZONES)
    assert [len(days[name]) > 0 for name in SHIFTS] == {
        MOMENTS[0]: [False, True, True],
        MOMENTS[1]: [True, True, True],
        MOMENTS[2]: [False, True, True],
    }[moment]


@pytest.mark.parametrize("asked", DueWindow)
def test_each_window_lies_within_its_span_in_every_zone(asked: DueWindow) -> None:
    """What a day is rests on the zone and the start of the week alone, so that a month of days shows all there is."""
    utc = date(2026, 11, 25)
    begin, end = choose.SPANS[asked](utc)
    for shift in SHIFTS.values():
        today = utc + timedelta(days=shift)
        for until_next_week in range(1, 8):
            next_week = today + timedelta(days=until_next_week)
            first, last = {
                DueWindow.OVERDUE: (begin, today - timedelta(days=1)),
                DueWindow.TODAY: (today, today),
                DueWindow.THIS_WEEK: (today + timedelta(days=1), next_week - timedelta(days=1)),
                DueWindow.NEXT_WEEK: (next_week, next_week + timedelta(days=6)),
                DueWindow.LATER: (next_week + timedelta(days=7), end),
            }[asked]
            assert begin <= first
            assert last <= end
