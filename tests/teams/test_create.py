"""Making a team: what it is, who manages it, and what is refused."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.db.columns import new_id
from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.log import events_of
from tests.teams.documents import CREATE, DELETE, KEY_TAKEN, MISTAKES, ROW
from tests.unchanged import unchanged

REMOVED = """
INSERT INTO organization_members (organization_id, id, user_id, role, created_at, updated_at, deleted_at)
VALUES ($1, $2, $3, 'MEMBER', now(), now(), now())
"""


def given(tenant: Tenant, **more: Any) -> dict[str, Any]:
    return {"organizationId": str(tenant.id), "key": "ENG", "name": "Engineers", **more}


async def test_who_makes_a_team_is_its_admin(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    member = tenant.owner.replace("person1", "person2")
    wanted = given(tenant, key=" ENG1\n", name=" Engineers ", description=" They build. ")

    payload = (await api.data(CREATE, who=member, input=wanted))["createTeam"]

    made = payload["team"].pop("id")
    assert payload == {
        "team": {
            "key": "ENG1",
            "name": "Engineers",
            "description": "They build.",
            "version": 1,
            "deletedAt": None,
            "viewerRole": "ADMIN",
            "organization": {"slug": tenant.slug, "teams": {"totalCount": 2}},
            "members": {"nodes": [{"role": "ADMIN", "user": {"email": member}}]},
            "tasks": {"totalCount": 0},
        },
        "userErrors": [],
    }
    assert dict(await superuser.fetchrow(ROW, made) or {}) == {
        "key": "ENG1",
        "name": "Engineers",
        "description": "They build.",
        "version": 1,
        "last_number": 0,
        "deleted_at": None,
    }
    membership = await superuser.fetchval("SELECT id FROM team_members WHERE team_id = $1", made)
    assert await events_of(superuser, tenant) == [
        {
            "type": "CREATED",
            "subject_type": "Team",
            "subject_id": UUID(made),
            "actor_id": tenant.users[1],
            "changes": {
                "key": [None, "ENG1"],
                "name": [None, "Engineers"],
                "description": [None, "They build."],
            },
        },
        {
            "type": "CREATED",
            "subject_type": "TeamMember",
            "subject_id": membership,
            "actor_id": tenant.users[1],
            "changes": {
                "team_id": [None, made],
                "organization_member_id": [None, str(tenant.members[1])],
                "role": [None, "ADMIN"],
            },
        },
    ]


@pytest.mark.parametrize("description", [{}, {"description": None}, {"description": " \n"}])
async def test_a_description_may_be_missing(
    api: Api, superuser: "asyncpg.Connection[Any]", description: dict[str, Any]
) -> None:
    tenant = await make_tenant(superuser)
    data = await api.data(CREATE, who=tenant.owner, input=given(tenant, **description))
    assert data["createTeam"]["team"]["description"] is None


@pytest.mark.parametrize(("wrong", "code", "field"), MISTAKES)
async def test_a_mistake_makes_no_team(
    api: Api, superuser: "asyncpg.Connection[Any]", wrong: dict[str, str], code: str, field: str
) -> None:
    tenant = await make_tenant(superuser)
    async with unchanged(superuser, tenant):
        data = await api.data(CREATE, who=tenant.owner, input=given(tenant, **wrong))
    payload = data["createTeam"]
    assert payload["team"] is None
    assert [(one["code"], one["path"]) for one in payload["userErrors"]] == [(code, ["input", field])]


async def test_all_mistakes_are_told_at_once(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    wrong = {"organizationId": str(new_id()), "key": "?", "name": ""}
    async with unchanged(superuser, tenant):
        data = await api.data(CREATE, who=tenant.owner, input=wrong)
    assert data["createTeam"]["userErrors"] == [
        {"code": "NOT_FOUND", "message": "There is no such organization.", "path": ["input", "organizationId"]},
        {
            "code": "INVALID",
            "message": "A letter A-Z, then up to 11 of A-Z and 0-9 are allowed.",
            "path": ["input", "key"],
        },
        {"code": "BLANK", "message": "Write something here.", "path": ["input", "name"]},
    ]


async def test_a_key_is_taken_within_its_organization_only(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, other = await make_tenant(superuser), await make_tenant(superuser)
    await api.data(CREATE, who=other.owner, input=given(other))
    await api.data(CREATE, who=tenant.owner, input=given(tenant))
    async with unchanged(superuser, tenant):
        data = await api.data(CREATE, who=tenant.owner, input=given(tenant))
    assert data["createTeam"] == {"team": None, "userErrors": [KEY_TAKEN]}


async def test_the_key_of_a_deleted_team_is_free(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await api.data(DELETE, who=tenant.owner, id=str(tenant.teams[0]))
    data = await api.data(CREATE, who=tenant.owner, input=given(tenant, key="T1"))
    assert data["createTeam"]["userErrors"] == []


async def test_a_deleted_organization_gets_no_team(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await api.data(f'mutation {{ deleteOrganization(id: "{tenant.id}") {{ deletedIds }} }}', who=tenant.owner)
    async with unchanged(superuser, tenant):
        data = await api.data(CREATE, who=tenant.owner, input=given(tenant))
    assert data["createTeam"]["userErrors"] == [
        {
            "code": "PARENT_DELETED",
            "message": "The organization is deleted: restore it first.",
            "path": ["input", "organizationId"],
        }
    ]


async def test_of_the_organization_of_others_nothing_is_told(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, stranger = await make_tenant(superuser), await make_tenant(superuser)
    async with unchanged(superuser, tenant, stranger):
        there = await api.data(CREATE, who=stranger.owner, input=given(tenant, key="T1"))
        nowhere = await api.data(CREATE, who=stranger.owner, input=given(tenant, organizationId=str(new_id())))
    assert there == nowhere
    assert [error["code"] for error in there["createTeam"]["userErrors"]] == ["NOT_FOUND"]


async def test_only_the_field_that_fails_is_undone(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    wanted = "{ team { organization { teams { nodes { key viewerRole } } } } userErrors { code } }"
    fields = [
        f'{name}: createTeam(input: {{organizationId: "{tenant.id}", key: "{key}", name: "{key}"}}) {wanted}'
        for name, key in (("a", "A"), ("b", "A"), ("c", "C"))
    ]

    data = await api.data(f"mutation {{ {' '.join(fields)} }}", who=tenant.owner)

    def shown(*keys: str) -> dict[str, Any]:
        nodes = [{"key": key, "viewerRole": "ADMIN"} for key in keys]
        return {"team": {"organization": {"teams": {"nodes": nodes}}}, "userErrors": []}

    assert data == {
        "a": shown("A", "T1"),
        "b": {"team": None, "userErrors": [{"code": "TAKEN"}]},
        "c": shown("A", "C", "T1"),
    }
    events = await events_of(superuser, tenant)
    assert [event["subject_type"] for event in events] == ["Team", "TeamMember"] * 2


async def test_of_two_teams_with_one_key_at_once_one_is_made(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    people = [tenant.owner, tenant.owner.replace("person1", "person2")]
    answers = await asyncio.gather(*(api.data(CREATE, who=who, input=given(tenant)) for who in people))
    errors = [answer["createTeam"]["userErrors"] for answer in answers]
    assert sorted(errors, key=len) == [[], [KEY_TAKEN]]


async def test_no_team_stays_in_an_organization_that_is_deleted_meanwhile(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    live = "SELECT count(*) FROM teams WHERE organization_id = $1 AND deleted_at IS NULL"
    for _ in range(10):
        tenant = await make_tenant(superuser)
        await asyncio.gather(
            api.ask(CREATE, who=tenant.owner, input=given(tenant)),
            api.data(f'mutation {{ deleteOrganization(id: "{tenant.id}") {{ deletedIds }} }}', who=tenant.owner),
        )
        assert await superuser.fetchval(live, tenant.id) == 0


async def test_who_was_removed_and_came_back_is_its_admin_as_who_they_are_now(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    for former in (UUID(int=tenant.members[0].int - 1), UUID(int=tenant.members[0].int + 1)):
        await superuser.execute(REMOVED, tenant.id, former, tenant.users[0])

    data = await api.data(CREATE, who=tenant.owner, input=given(tenant))

    assert data["createTeam"]["userErrors"] == []
    admins = "SELECT organization_member_id FROM team_members JOIN teams ON teams.id = team_id WHERE key = 'ENG'"
    found = await superuser.fetch(f"{admins} AND teams.organization_id = $1", tenant.id)
    assert [row["organization_member_id"] for row in found] == tenant.members
