"""Changing settings: what is written and told of it, and what is refused."""

import asyncio
from typing import Any

import asyncpg
import pytest

from app.db.columns import new_id
from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.log import events_of
from tests.settings import setting
from tests.settings.documents import UPDATE_MEMBER, UPDATE_ORGANIZATION, UPDATE_TEAM
from tests.unchanged import unchanged

# For each level: the mutation, its field, the object in the payload, and its type.
LEVELS = {
    "organization": (UPDATE_ORGANIZATION, "updateOrganizationSettings", "organization", "Organization"),
    "team": (UPDATE_TEAM, "updateTeamSettings", "team", "Team"),
    "member": (UPDATE_MEMBER, "updateTeamMemberSettings", "teamMember", "TeamMember"),
}
OWN = {"timezone": "Europe/Berlin", "weekStart": "SUNDAY", "defaultTaskPriority": "HIGH", "digest": True}
OF_GROUP = OWN | {"retentionDays": 90, "locked": ["DIGEST", "TIMEZONE", "DIGEST"]}
GIVEN = {"organization": OF_GROUP | {"searchMode": "FUZZY"}, "team": OF_GROUP, "member": OWN}
ROWS = {
    "organization": "SELECT * FROM organization_settings WHERE organization_id = $1",
    "team": "SELECT * FROM team_settings WHERE organization_id = $1",
    "member": "SELECT * FROM team_member_settings WHERE organization_id = $1",
}


def target(tenant: Tenant, level: str) -> str:
    ids = {"organization": tenant.id, "team": tenant.teams[0], "member": tenant.team_members[0]}
    return str(ids[level])


@pytest.mark.parametrize("level", LEVELS)
async def test_what_is_given_is_set(api: Api, superuser: "asyncpg.Connection[Any]", level: str) -> None:
    tenant = await make_tenant(superuser)
    document, field, noun, subject = LEVELS[level]

    data = await api.data(document, who=tenant.owner, id=target(tenant, level), input=GIVEN[level], version=0)

    locked = {"locked": ["TIMEZONE", "DIGEST"]} if level != "member" else {}
    assert data[field]["userErrors"] == []
    assert data[field][noun]["settings"] == {**GIVEN[level], **locked, "version": 1}
    row = dict(await superuser.fetchrow(ROWS[level], tenant.id) or {})
    columns = {"timezone": "Europe/Berlin", "week_start": "SUNDAY", "default_task_priority": "HIGH", "digest": True}
    of_group = {} if level == "member" else {"retention_days": 90, **locked}
    if level == "organization":
        columns |= {"search_mode": "FUZZY"}
    assert {name: row[name] for name in (*columns, *of_group, "version")} == {**columns, **of_group, "version": 1}
    (event,) = await events_of(superuser, tenant)
    changes = {f"settings.{name}": [None, value] for name, value in (columns | of_group).items()}
    assert event == {
        "type": "UPDATED",
        "subject_type": subject,
        "subject_id": event["subject_id"],
        "actor_id": tenant.users[0],
        "changes": changes | ({"settings.locked": [[], ["TIMEZONE", "DIGEST"]]} if locked else {}),
    }
    assert str(event["subject_id"]) == target(tenant, level)


@pytest.mark.parametrize("level", LEVELS)
async def test_left_out_stays_and_null_is_left_to_what_is_above(
    api: Api, superuser: "asyncpg.Connection[Any]", level: str
) -> None:
    tenant = await make_tenant(superuser)
    document, field, noun, _ = LEVELS[level]
    await api.data(document, who=tenant.owner, id=target(tenant, level), input=OWN)

    data = await api.data(document, who=tenant.owner, id=target(tenant, level), input={"timezone": None})

    settings = data[field][noun]["settings"]
    assert {name: settings[name] for name in OWN} == {**OWN, "timezone": None}
    assert settings["version"] == 2
    _, event = await events_of(superuser, tenant)
    assert event["changes"] == {"settings.timezone": ["Europe/Berlin", None]}


@pytest.mark.parametrize("level", LEVELS)
async def test_nothing_different_changes_nothing(api: Api, superuser: "asyncpg.Connection[Any]", level: str) -> None:
    tenant = await make_tenant(superuser)
    document, field, noun, _ = LEVELS[level]
    async with unchanged(superuser, tenant):
        never = await api.data(document, who=tenant.owner, id=target(tenant, level), input={"timezone": None})
    await api.data(document, who=tenant.owner, id=target(tenant, level), input=GIVEN[level])
    async with unchanged(superuser, tenant):
        same = await api.data(document, who=tenant.owner, id=target(tenant, level), input=GIVEN[level])
    assert [data[field][noun]["settings"]["version"] for data in (never, same)] == [0, 1]


@pytest.mark.parametrize("level", LEVELS)
async def test_an_old_version_is_a_conflict_that_shows_what_is_set_now(
    api: Api, superuser: "asyncpg.Connection[Any]", level: str
) -> None:
    tenant = await make_tenant(superuser)
    document, field, noun, _ = LEVELS[level]
    await api.data(document, who=tenant.owner, id=target(tenant, level), input={"digest": True}, version=0)
    async with unchanged(superuser, tenant):
        data = await api.data(document, who=tenant.owner, id=target(tenant, level), input={"digest": False}, version=0)
    assert data[field]["userErrors"] == [
        {
            "code": "CONFLICT",
            "message": "It has changed since: its version is 1, not 0. Look at it and try again.",
            "path": ["expectedVersion"],
        }
    ]
    assert data[field][noun]["settings"]["digest"] is True


async def test_of_two_who_set_something_first_one_is_a_conflict(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    answers = await asyncio.gather(
        *(
            api.data(UPDATE_TEAM, who=tenant.owner, id=str(tenant.teams[0]), input={"digest": digest}, version=0)
            for digest in (True, False)
        )
    )
    errors = [[error["code"] for error in one["updateTeamSettings"]["userErrors"]] for one in answers]
    assert sorted(errors) == [[], ["CONFLICT"]]
    assert await superuser.fetchval("SELECT version FROM team_settings WHERE team_id = $1", tenant.teams[0]) == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"timezone": ""}, "timezone"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"timezone": "europe/berlin"}, "timezone"),
        ({"timezone": "../etc/passwd"}, "timezone"),
        ({"retentionDays": 0}, "retentionDays"),
        ({"retentionDays": 3651}, "retentionDays"),
        ({"locked": None}, "locked"),
    ],
)
async def test_a_mistake_changes_nothing(
    api: Api, superuser: "asyncpg.Connection[Any]", wrong: dict[str, Any], field: str
) -> None:
    tenant = await make_tenant(superuser)
    async with unchanged(superuser, tenant):
        data = await api.data(UPDATE_ORGANIZATION, who=tenant.owner, id=str(tenant.id), input={"digest": True, **wrong})
    payload = data["updateOrganizationSettings"]
    assert payload["organization"] is None
    assert [(one["code"], one["path"]) for one in payload["userErrors"]] == [("INVALID", ["input", field])]


@pytest.mark.parametrize("role", ["ADMIN", "MEMBER", "VIEWER"])
async def test_everybody_sets_their_own(api: Api, superuser: "asyncpg.Connection[Any]", role: str) -> None:
    tenant = await make_tenant(superuser, members=2)
    await superuser.execute("UPDATE team_members SET role = $2 WHERE id = $1", tenant.team_members[1], role)
    who = tenant.owner.replace("person1", "person2")
    payload = await setting.of_member(api, who, tenant.team_members[1], digest=True)
    assert payload["teamMember"]["effectiveSettings"]["digest"]["source"] == "MEMBER"


@pytest.mark.parametrize("level", LEVELS)
async def test_to_a_stranger_they_are_as_absent_as_what_never_was(
    api: Api, superuser: "asyncpg.Connection[Any]", level: str
) -> None:
    tenant, stranger = await make_tenant(superuser), await make_tenant(superuser)
    document = LEVELS[level][0]
    async with unchanged(superuser, tenant, stranger):
        there = await api.error(document, who=stranger.owner, id=target(tenant, level), input={"digest": True})
        nowhere = await api.error(document, who=stranger.owner, id=str(new_id()), input={"digest": True})
    assert there == nowhere
    assert there["extensions"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("level", "gone"),
    [
        ("organization", 'deleteOrganization(id: "{0.id}")'),
        ("team", 'deleteTeam(id: "{0.teams[0]}")'),
        ("member", 'removeTeamMember(id: "{0.team_members[0]}")'),
    ],
)
async def test_what_is_deleted_has_nothing_to_set_and_keeps_what_was(
    api: Api, superuser: "asyncpg.Connection[Any]", level: str, gone: str
) -> None:
    tenant = await make_tenant(superuser)
    document = LEVELS[level][0]
    await api.data(document, who=tenant.owner, id=target(tenant, level), input={"digest": True})
    await api.data(f"mutation {{ {gone.format(tenant)} {{ deletedIds }} }}", who=tenant.owner)
    async with unchanged(superuser, tenant):
        error = await api.error(document, who=tenant.owner, id=target(tenant, level), input={"digest": False})
    assert error["extensions"]["code"] == "NOT_FOUND"
    kept = await superuser.fetchrow(ROWS[level], tenant.id)
    assert kept is not None
    assert kept["digest"] is True


async def test_settings_go_for_good_with_what_has_them(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await setting.of_team(api, tenant, digest=True)
    await setting.of_member(api, tenant.owner, tenant.team_members[0], digest=True)
    data = await api.data(
        "mutation ($id: ID!) { deleteTeam(id: $id) { deletion { id } } }", who=tenant.owner, id=str(tenant.teams[0])
    )
    await api.data(
        "mutation ($id: ID!) { purgeDeletion(id: $id) { purged { teams } } }",
        who=tenant.owner,
        id=data["deleteTeam"]["deletion"]["id"],
    )
    left = [await superuser.fetchrow(ROWS[level], tenant.id) for level in ("team", "member")]
    assert left == [None, None]


async def test_the_log_of_a_team_shows_what_was_set(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await setting.of_team(api, tenant, weekStart="SUNDAY")
    data = await api.data(
        """query ($id: ID!) { team(id: $id) { events { nodes {
            type subject { id } changes { field before after }
        } } } }""",
        who=tenant.owner,
        id=str(tenant.teams[0]),
    )
    assert data["team"]["events"]["nodes"] == [
        {
            "type": "UPDATED",
            "subject": {"id": str(tenant.teams[0])},
            "changes": [{"field": "settings.weekStart", "before": None, "after": "SUNDAY"}],
        }
    ]
