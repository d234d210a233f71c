"""What viewers are told that they may do is what the mutations let them do: every role, object and permission."""

from string import Template
from typing import Any

import asyncpg
import pytest

from app.db.columns import new_id
from app.graph.node import Node
from app.permissions.models import Permission
from tests.actions import ACTIONS, ADMINS, ROLES, document, make_target
from tests.api import Api
from tests.factories import make_tenant
from tests.test_roles import give_role

# For each permission on a type of object the mutation that asks for it: what test_roles shows is allowed to whom.
MUTATIONS = {
    ("Organization", "UPDATE"): "updateOrganization",
    ("Organization", "UPDATE_SETTINGS"): "updateOrganizationSettings",
    ("Organization", "CREATE_TEAM"): "createTeam",
    ("Organization", "CREATE_DOCUMENT"): "createDocument",
    ("Organization", "ADD_MEMBER"): "inviteToOrganization",
    ("Organization", "MANAGE_API_KEYS"): "createApiKey",
    ("Organization", "EXPORT"): "exportOrganization",
    ("Organization", "DELETE"): "deleteOrganization",
    ("OrganizationMember", "UPDATE"): "updateOrganizationMember",
    ("OrganizationMember", "DELETE"): "removeOrganizationMember",
    ("Team", "UPDATE"): "updateTeam",
    ("Team", "UPDATE_SETTINGS"): "updateTeamSettings",
    ("Team", "CREATE_TASK"): "createTask",
    ("Team", "CREATE_DOCUMENT"): "createDocument",
    ("Team", "ADD_MEMBER"): "addTeamMember",
    ("Team", "DELETE"): "deleteTeam",
    ("TeamMember", "UPDATE"): "updateTeamMember",
    ("TeamMember", "UPDATE_SETTINGS"): "updateTeamMemberSettings",
    ("TeamMember", "DELETE"): "removeTeamMember",
    ("Task", "UPDATE"): "updateTask",
    ("Task", "MOVE"): "moveTask",
    ("Task", "DELETE"): "deleteTask",
    ("Document", "UPDATE"): "updateDocument",
    ("Document", "DELETE"): "deleteDocument",
    ("Deletion", "PURGE"): "purgeDeletion",
}
# An organization's own documents are its admins': createDocument is tried on a team's.
OWN_DOCUMENTS = ("Organization", "CREATE_DOCUMENT")
RESTORING = (
    "restoreOrganization",
    "restoreOrganizationMember",
    "restoreTeam",
    "restoreTeamMember",
    "restoreTask",
    "restoreDocument",
)
IDS = {
    "Organization": "$organization",
    "OrganizationMember": "$member",
    "Team": "$team",
    "TeamMember": "$team_member",
    "Task": "$task",
    "Document": "$document",
}
ON = "query ($id: ID!) { viewer { permissions(on: $id) } }"
FIELD = "query ($id: ID!) { node(id: $id) { ... on Deletable { viewerPermissions } } }"
DELETION = """query ($id: ID!) { viewer { permissions(on: $id) } node(id: $id) { ... on Deletion {
    viewerPermissions subject { viewerPermissions }
} } }"""
DELETED_TASK = "mutation ($id: ID!) { deleteTask(id: $id) { deletion { id } } }"


async def permissions(api: Api, who: str, on: Any) -> list[str] | None:
    """What `who` is told, which the object's own field says too."""
    found: list[str] | None = (await api.data(ON, who=who, id=str(on)))["viewer"]["permissions"]
    node = (await api.data(FIELD, who=who, id=str(on)))["node"]
    assert found == (node and node["viewerPermissions"])
    return found


def allowed(noun: str, permission: str) -> set[str]:
    return ADMINS if (noun, permission) == OWN_DOCUMENTS else ACTIONS[MUTATIONS[noun, permission]].allowed


def test_every_permission_has_its_mutation() -> None:
    offered = {
        (noun.source.typename, permission.name) for noun in Node.__subclasses__() for permission in noun.permissions
    }
    assert offered == set(MUTATIONS)


@pytest.mark.parametrize("role", ROLES)
async def test_what_each_role_may_do_with_what_lives(api: Api, superuser: "asyncpg.Connection[Any]", role: str) -> None:
    tenant = await make_target(superuser)
    await give_role(superuser, tenant, *ROLES[role])
    who = tenant.owner.replace("person1", "person2")
    for noun, place in IDS.items():
        found = await permissions(api, who, document(place, tenant).split()[2])
        expected = {permission for on, permission in MUTATIONS if on == noun and role in allowed(on, permission)}
        assert (noun, set(found or [])) == (noun, expected)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("mutation", RESTORING)
async def test_what_each_role_may_do_with_what_is_deleted(
    api: Api, superuser: "asyncpg.Connection[Any]", mutation: str, role: str
) -> None:
    tenant = await make_target(superuser)
    await give_role(superuser, tenant, *ROLES[role])
    await api.data(document(ACTIONS[mutation].before, tenant), who=tenant.owner)
    deletion = await superuser.fetchval("SELECT id FROM deletions WHERE organization_id = $1", tenant.id)

    data = await api.data(DELETION, who=tenant.owner.replace("person1", "person2"), id=str(deletion))

    restore = {"RESTORE"} if role in ACTIONS[mutation].allowed else set()
    purge = {"PURGE"} if restore and role in ACTIONS["purgeDeletion"].allowed else set()
    assert set(data["viewer"]["permissions"]) == set(data["node"]["viewerPermissions"]) == restore | purge
    assert set(data["node"]["subject"]["viewerPermissions"]) == restore


async def test_everybody_may_leave_and_set_what_is_their_own(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    await superuser.execute("UPDATE team_members SET role = 'VIEWER' WHERE id = $1", tenant.team_members[1])
    who = tenant.owner.replace("person1", "person2")
    assert await permissions(api, who, tenant.team_members[1]) == ["UPDATE_SETTINGS", "DELETE"]
    assert await permissions(api, who, tenant.members[1]) == ["DELETE"]


async def test_only_owners_manage_owners(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    await superuser.execute("UPDATE organization_members SET role = 'ADMIN' WHERE id = $1", tenant.members[1])
    admin = tenant.owner.replace("person1", "person2")
    assert await permissions(api, admin, tenant.members[0]) == []
    assert await permissions(api, tenant.owner, tenant.members[0]) == ["UPDATE", "DELETE"]


async def test_nothing_can_be_done_with_people_and_events(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    update = 'mutation ($id: ID!) { updateTeam(id: $id, input: {name: "A"}) { team { id } } }'
    await api.data(update, who=tenant.owner, id=str(tenant.teams[0]))
    event = await superuser.fetchval("SELECT id FROM events WHERE organization_id = $1", tenant.id)
    told = [await api.data(ON, who=tenant.owner, id=str(one)) for one in (tenant.users[0], event)]
    assert told == [{"viewer": {"permissions": []}}] * 2


async def test_a_restored_deletion_holds_nothing_more(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    data = await api.data(DELETED_TASK, who=tenant.owner, id=str(tenant.tasks[0]))
    deletion = data["deleteTask"]["deletion"]["id"]
    before = await api.data(ON, who=tenant.owner, id=deletion)
    await api.data(
        "mutation ($id: ID!) { restoreTask(id: $id) { task { id } } }", who=tenant.owner, id=str(tenant.tasks[0])
    )
    after = await api.data(ON, who=tenant.owner, id=deletion)
    assert [one["viewer"]["permissions"] for one in (before, after)] == [["RESTORE", "PURGE"], []]


@pytest.mark.parametrize("noun", IDS)
async def test_to_a_stranger_nothing_is_there(api: Api, superuser: "asyncpg.Connection[Any]", noun: str) -> None:
    tenant, stranger = await make_target(superuser), await make_tenant(superuser)
    there = await api.ask(ON, who=stranger.owner, id=document(IDS[noun], tenant).split()[2])
    nowhere = await api.ask(ON, who=stranger.owner, id=str(new_id()))
    assert there == nowhere == {"data": {"viewer": {"permissions": None}}}


async def test_nobody_signed_in_may_ask(api: Api) -> None:
    error = await api.error(ON, who=None, id=str(new_id()))
    assert error["extensions"]["code"] == "UNAUTHENTICATED"


def test_permissions_are_those_that_mutations_ask_for() -> None:
    """RESTORE is every noun's by `can_restore`."""
    assert {permission.name for permission in Permission} == {name for _, name in MUTATIONS} | {"RESTORE"}


async def test_a_hundred_objects_of_all_kinds_cost_as_much_as_one_of_each(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    query = Template("""query ($$slug: String!) { organization(by: {slug: $$slug}) { viewerPermissions
        members(first: $many) { nodes { viewerPermissions } }
        teams(first: $few) { nodes { viewerPermissions members(first: $few) { nodes { viewerPermissions } } } }
        tasks(first: $many) { nodes { viewerPermissions } }
        deleted: tasks(first: $many, deleted: ONLY) { nodes { viewerPermissions } }
        trash(first: $many) { nodes { viewerPermissions } }
    } }""")
    costs = []
    for teams, amounts in ((1, {"few": 1, "many": 1}), (1, {"few": 1, "many": 1}), (10, {"few": 10, "many": 100})):
        tenant = await make_tenant(superuser, members=10, teams=teams, tasks=2)
        for task in tenant.tasks[:teams]:
            await api.data(DELETED_TASK, who=tenant.owner, id=str(task))
        await api.data(query.substitute(amounts), who=tenant.owner, slug=tenant.slug)
        costs.append(len(api.statements))
    assert costs[1] == costs[2]


async def test_twenty_at_once_by_aliases_cost_as_much_as_one(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=4, teams=5)
    costs = []
    for ids in (tenant.tasks[:1], tenant.tasks[:1], tenant.tasks):
        asked = " ".join(f'p{place}: permissions(on: "{one}")' for place, one in enumerate(ids))
        data = await api.data(f"{{ viewer {{ {asked} }} }}", who=tenant.owner)
        assert list(data["viewer"].values()) == [["UPDATE", "MOVE", "DELETE"]] * len(ids)
        costs.append(len(api.statements))
    assert costs[1:] == [5, 5]  # BEGIN with the viewer; which noun it is, the tasks, the roles in their teams; ROLLBACK
