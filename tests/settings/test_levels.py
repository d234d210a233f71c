"""Settings that inherit: what each level says, what counts, and what locks do, as clients see it."""

from typing import Any

import asyncpg
import pytest

from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.settings import setting
from tests.settings.documents import EFFECTIVE, TEAM_MEMBER, UPDATE_MEMBER, UPDATE_TEAM
from tests.unchanged import unchanged

DEFAULTS: dict[str, Any] = {
    "timezone": "UTC",
    "weekStart": "MONDAY",
    "defaultTaskPriority": "NONE",
    "retentionDays": 30,
    "searchMode": "HYBRID",
    "digest": False,
}


async def seen(api: Api, tenant: Tenant, *, member: int = 0) -> list[dict[str, Any]]:
    """What counts for the organization, its first team and a member of it."""
    found = (await api.data(TEAM_MEMBER, who=tenant.owner, id=str(tenant.team_members[member])))["node"]
    return [one["effectiveSettings"] for one in (found["team"]["organization"], found["team"], found)]


def counts(value: Any, source: str, locked_by: str | None = None) -> dict[str, Any]:
    return {"value": value, "source": source, "locked": locked_by is not None, "lockedBy": locked_by}


async def test_where_nothing_is_set_the_servers_defaults_count(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    data = await api.data(TEAM_MEMBER, who=tenant.owner, id=str(tenant.team_members[0]))
    defaults = {name: counts(value, "DEFAULT") for name, value in DEFAULTS.items()}
    own = {"timezone": None, "weekStart": None, "defaultTaskPriority": None, "digest": None, "version": 0}
    of_group: dict[str, Any] = {**own, "retentionDays": None, "locked": []}
    assert data["node"] == {
        "settings": own,
        "effectiveSettings": defaults,
        "team": {
            "settings": of_group,
            "effectiveSettings": defaults,
            "organization": {"settings": {**of_group, "searchMode": None}, "effectiveSettings": defaults},
        },
    }


async def test_each_level_inherits_what_is_above(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2, teams=2)
    await setting.of_organization(api, tenant, timezone="Europe/Berlin", weekStart="SUNDAY", retentionDays=90)
    await setting.of_team(api, tenant, timezone="Asia/Tokyo", retentionDays=7)
    await setting.of_member(api, tenant.owner, tenant.team_members[0], timezone="America/Lima", digest=True)

    organization, team, member = await seen(api, tenant)
    assert [one["timezone"] for one in (organization, team, member)] == [
        counts("Europe/Berlin", "ORGANIZATION"),
        counts("Asia/Tokyo", "TEAM"),
        counts("America/Lima", "MEMBER"),
    ]
    assert [one["retentionDays"] for one in (organization, team, member)] == [
        counts(90, "ORGANIZATION"),
        counts(7, "TEAM"),
        counts(7, "TEAM"),
    ]
    assert [one["weekStart"] for one in (organization, team, member)] == [counts("SUNDAY", "ORGANIZATION")] * 3
    assert [one["digest"] for one in (organization, team, member)] == [
        counts(False, "DEFAULT"),
        counts(False, "DEFAULT"),
        counts(True, "MEMBER"),
    ]
    _, _, other_member = await seen(api, tenant, member=1)
    _, other_team, _ = await seen(api, tenant, member=2)
    assert other_member["timezone"] == counts("Asia/Tokyo", "TEAM")
    assert other_team["timezone"] == counts("Europe/Berlin", "ORGANIZATION")


async def test_a_lock_makes_overrides_below_not_count_until_it_is_gone(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    await setting.of_team(api, tenant, weekStart="SUNDAY")
    await setting.of_member(api, tenant.owner, tenant.team_members[0], weekStart="FRIDAY")

    await setting.of_organization(api, tenant, weekStart="SATURDAY", locked=["WEEK_START"])
    locked = [one["weekStart"] for one in await seen(api, tenant)]
    await setting.of_organization(api, tenant, locked=[])
    unlocked = [one["weekStart"] for one in await seen(api, tenant)]

    assert locked == [counts("SATURDAY", "ORGANIZATION", "ORGANIZATION")] * 3
    assert unlocked == [
        counts("SATURDAY", "ORGANIZATION"),
        counts("SUNDAY", "TEAM"),
        counts("FRIDAY", "MEMBER"),
    ]


@pytest.mark.parametrize(
    ("locker", "document", "field"),
    [
        ("organization", UPDATE_TEAM, "updateTeamSettings"),
        ("organization", UPDATE_MEMBER, "updateTeamMemberSettings"),
        ("team", UPDATE_MEMBER, "updateTeamMemberSettings"),
    ],
)
async def test_whatever_one_is_a_locked_setting_is_not_overridden(
    api: Api, superuser: "asyncpg.Connection[Any]", locker: str, document: str, field: str
) -> None:
    tenant = await make_tenant(superuser)  # its owner is the team's admin too
    lock = setting.of_organization if locker == "organization" else setting.of_team
    await lock(api, tenant, locked=["DIGEST", "TIMEZONE"])
    target = tenant.teams[0] if document == UPDATE_TEAM else tenant.team_members[0]
    wanted = {"digest": False, "timezone": "Asia/Tokyo", "weekStart": "SUNDAY"}

    async with unchanged(superuser, tenant):
        data = await api.data(document, who=tenant.owner, id=str(target), input=wanted)

    message = f"The {locker} has locked this: ask one of its admins to unlock it."
    assert sorted(data[field]["userErrors"], key=lambda error: error["path"]) == [
        {"code": "LOCKED", "message": message, "path": ["input", "digest"]},
        {"code": "LOCKED", "message": message, "path": ["input", "timezone"]},
    ]


async def test_what_is_locked_above_can_be_cleared_but_not_locked_again(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    await setting.of_team(api, tenant, digest=True)
    await setting.of_organization(api, tenant, locked=["DIGEST"])

    async with unchanged(superuser, tenant):
        refused = await api.data(
            UPDATE_TEAM, who=tenant.owner, id=str(tenant.teams[0]), input={"locked": ["WEEK_START", "DIGEST"]}
        )
    cleared = await setting.of_team(api, tenant, digest=None, locked=["WEEK_START"])

    assert refused["updateTeamSettings"]["userErrors"] == [
        {"code": "LOCKED", "message": "The organization has locked DIGEST already.", "path": ["input", "locked"]}
    ]
    assert (cleared["team"]["settings"]["digest"], cleared["team"]["settings"]["locked"]) == (None, ["WEEK_START"])


async def test_the_settings_of_a_hundred_teams_cost_one_statement(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    query = f"""query ($slug: String!) {{ organization(by: {{slug: $slug}}) {{
        teams(first: 100) {{ nodes {{ {EFFECTIVE} members {{ nodes {{ {EFFECTIVE} }} }} }} }}
    }} }}"""
    costs = []
    for teams in (1, 1, 100):  # with the first, the driver asks about types
        tenant = await make_tenant(superuser, teams=teams)
        await setting.of_organization(api, tenant, timezone="Europe/Berlin")
        await setting.of_team(api, tenant, team=teams - 1, timezone="Asia/Tokyo")
        data = await api.data(query, who=tenant.owner, slug=tenant.slug)
        found = data["organization"]["teams"]["nodes"]
        zones = [team["effectiveSettings"]["timezone"]["value"] for team in found]
        assert zones == ["Europe/Berlin"] * (teams - 1) + ["Asia/Tokyo"]
        assert [one["effectiveSettings"] for team in found for one in team["members"]["nodes"]] == [
            team["effectiveSettings"] for team in found
        ]
        costs.append(len(api.statements))

    # BEGIN with the organization; the teams, their settings, their members, the members' settings; ROLLBACK.
    assert costs[1:] == [6, 6]
