"""What settings do: the priority of new tasks, how searches look, for how long what is deleted can be restored."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.ranking.texts import make_searchable
from tests.settings import setting

CREATE = """mutation ($inputs: [CreateTaskInput!]!) { createTasks(inputs: $inputs) {
    results { task { priority } userErrors { code path } }
} }"""
SEARCH = """query ($id: ID!, $mode: SearchMode) { searchTasks(organizationId: $id, query: "exports", mode: $mode) {
    edges { matchedBy }
} }"""
TASK = 'deleteTask(id: "{0.tasks[0]}")'
TEAM = 'deleteTeam(id: "{0.teams[0]}")'
TEAM_MEMBER = 'removeTeamMember(id: "{0.team_members[1]}")'
MEMBER = 'removeOrganizationMember(id: "{0.members[1]}")'
ORGANIZATION = 'deleteOrganization(id: "{0.id}")'


async def priorities(api: Api, tenant: Tenant, who: str, *given: dict[str, str], team: int = 0) -> list[str]:
    """Of tasks that are created with what is given."""
    inputs = [{"teamId": str(tenant.teams[team]), "title": "A", **one} for one in given]
    results = (await api.data(CREATE, who=who, inputs=inputs))["createTasks"]["results"]
    return [result["task"]["priority"] for result in results]


async def days_kept(api: Api, superuser: "asyncpg.Connection[Any]", tenant: Tenant, delete: str) -> int:
    """For how many days what is deleted now can be restored."""
    document = f"mutation {{ deleted: {delete.format(tenant)} {{ deletion {{ id }} }} }}"
    deletion = (await api.data(document, who=tenant.owner))["deleted"]["deletion"]
    kept: timedelta = await superuser.fetchval(
        "SELECT purge_at - deleted_at FROM deletions WHERE id = $1", deletion["id"]
    )
    return kept.days


async def test_a_task_without_a_priority_gets_its_makers_default(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, members=2, teams=2)
    other = tenant.owner.replace("person1", "person2")
    unset = await priorities(api, tenant, tenant.owner, {})
    await setting.of_organization(api, tenant, defaultTaskPriority="LOW")
    await setting.of_team(api, tenant, defaultTaskPriority="MEDIUM")
    await setting.of_member(api, other, tenant.team_members[1], defaultTaskPriority="HIGH")

    assert unset == ["NONE"]
    assert await priorities(api, tenant, tenant.owner, {}, {"priority": "URGENT"}, {}) == ["MEDIUM", "URGENT", "MEDIUM"]
    assert await priorities(api, tenant, tenant.owner, {}, team=1) == ["LOW"]
    assert await priorities(api, tenant, other, {}, {"priority": "NONE"}) == ["HIGH", "NONE"]


async def test_who_left_a_team_creates_with_its_default(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await setting.of_team(api, tenant, defaultTaskPriority="MEDIUM")
    await setting.of_member(api, tenant.owner, tenant.team_members[0], defaultTaskPriority="HIGH")
    await superuser.execute("UPDATE team_members SET deleted_at = now() WHERE organization_id = $1", tenant.id)
    assert await priorities(api, tenant, tenant.owner, {}) == ["MEDIUM"]


async def test_a_locked_default_is_everybodys(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await setting.of_member(api, tenant.owner, tenant.team_members[0], defaultTaskPriority="HIGH")
    await setting.of_organization(api, tenant, defaultTaskPriority="LOW", locked=["DEFAULT_TASK_PRIORITY"])
    assert await priorities(api, tenant, tenant.owner, {}) == ["LOW"]


async def test_null_is_no_priority(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    given = {"teamId": str(tenant.teams[0]), "title": "A", "priority": None}
    data = await api.data(CREATE, who=tenant.owner, inputs=[given])
    assert data["createTasks"]["results"] == [
        {"task": None, "userErrors": [{"code": "INVALID", "path": ["inputs", "0", "priority"]}]}
    ]


@pytest.mark.parametrize("delete", [TASK, TEAM, TEAM_MEMBER, MEMBER, ORGANIZATION])
async def test_the_servers_retention_is_the_default(
    api: Api, superuser: "asyncpg.Connection[Any]", delete: str
) -> None:
    tenant = await make_tenant(superuser, members=2)
    assert await days_kept(api, superuser, tenant, delete) == 30


@pytest.mark.parametrize(("delete", "days"), [(TASK, 7), (TEAM_MEMBER, 7), (TEAM, 7), (MEMBER, 90), (ORGANIZATION, 90)])
async def test_what_is_deleted_is_kept_as_long_as_its_team_says_or_its_organization(
    api: Api, superuser: "asyncpg.Connection[Any]", delete: str, days: int
) -> None:
    tenant = await make_tenant(superuser, members=2)
    await setting.of_organization(api, tenant, retentionDays=90)
    await setting.of_team(api, tenant, retentionDays=7)
    assert await days_kept(api, superuser, tenant, delete) == days


async def test_tasks_of_several_teams_are_kept_for_the_longest_time(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, teams=3)
    await setting.of_team(api, tenant, team=0, retentionDays=7)
    await setting.of_team(api, tenant, team=1, retentionDays=14)
    await setting.of_team(api, tenant, team=2, retentionDays=100)
    assert await days_kept(api, superuser, tenant, 'deleteTasks(ids: ["{0.tasks[0]}", "{0.tasks[1]}"])') == 14


async def test_a_locked_retention_is_every_teams(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await setting.of_team(api, tenant, retentionDays=1)
    await setting.of_organization(api, tenant, retentionDays=365, locked=["RETENTION_DAYS"])
    assert await days_kept(api, superuser, tenant, TASK) == 365


async def test_what_was_deleted_before_is_kept_as_it_was_promised(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    assert await days_kept(api, superuser, tenant, TASK) == 30
    await setting.of_organization(api, tenant, retentionDays=1)
    kept = await superuser.fetchval("SELECT purge_at - deleted_at FROM deletions WHERE organization_id = $1", tenant.id)
    assert kept.days == 30


async def test_a_search_without_a_mode_looks_as_the_organization_says(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_searchable(superuser, ["The export is slow", "A dark theme"])

    async def matched(**variables: Any) -> list[list[str]]:
        data = await api.data(SEARCH, who=tenant.owner, id=str(tenant.id), **variables)
        return [edge["matchedBy"] for edge in data["searchTasks"]["edges"]]

    by_default = await matched()
    await setting.of_organization(api, tenant, searchMode="FULL_TEXT")
    by_words = await matched()
    await setting.of_organization(api, tenant, searchMode="SEMANTIC")

    assert by_default[0] == ["FULL_TEXT", "SEMANTIC"]
    assert by_words == [["FULL_TEXT"]]
    assert await matched(mode=None) == [["SEMANTIC"]]
    assert await matched(mode="FULL_TEXT") == [["FULL_TEXT"]]


async def test_a_time_zone_that_is_gone_leaves_it_to_what_is_above_and_says_so_once(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, tasks=3)
    await setting.of_organization(api, tenant, timezone="Pacific/Kiritimati")
    await setting.of_team(api, tenant, timezone="Europe/Berlin")
    await setting.of_member(api, tenant.owner, tenant.team_members[0], timezone="Asia/Tokyo")
    gone = "UPDATE {} SET timezone = 'Mars/Base' WHERE organization_id = $1"
    await superuser.execute("UPDATE tasks SET due_date = '2020-01-01' WHERE organization_id = $1", tenant.id)
    query = """query ($id: ID!) { team(id: $id) {
        tasks { nodes { dueWindow } } effectiveSettings { timezone { value source note } }
        members { nodes { effectiveSettings { timezone { value source note } } } }
    } }"""

    shown = []
    for table in ("team_member_settings", "team_settings", "organization_settings"):
        await superuser.execute(gone.format(table), tenant.id)
        team = (await api.data(query, who=tenant.owner, id=str(tenant.teams[0])))["team"]
        assert team["tasks"]["nodes"] == [{"dueWindow": "OVERDUE"}] * 3
        shown.append(
            [one["timezone"] for one in (team["effectiveSettings"], team["members"]["nodes"][0]["effectiveSettings"])]
        )

    note = "Mars/Base is no time zone any more: choose another."
    team_has = {"value": "Europe/Berlin", "source": "TEAM"}
    organization_has = {"value": "Pacific/Kiritimati", "source": "ORGANIZATION", "note": note}
    default = {"value": "UTC", "source": "DEFAULT", "note": note}
    assert shown == [
        [team_has | {"note": None}, team_has | {"note": note}],
        [organization_has, organization_has],
        [default, default],
    ]


async def test_other_settings_can_be_changed_beside_a_time_zone_that_is_gone(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    await setting.of_team(api, tenant, timezone="Europe/Berlin")
    await superuser.execute("UPDATE team_settings SET timezone = 'Mars/Base' WHERE organization_id = $1", tenant.id)
    await setting.of_team(api, tenant, digest=True)
