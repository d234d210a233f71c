"""Who may do what: every mutation, tried in every role."""

from dataclasses import dataclass
from string import Template
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.schema import graphql_schema
from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.unchanged import unchanged

# The role in the organization, and the one in its teams.
ROLES = {
    "OWNER": ("OWNER", None),
    "ADMIN": ("ADMIN", None),
    "MEMBER": ("MEMBER", None),
    "TEAM_ADMIN": ("MEMBER", "ADMIN"),
    "TEAM_MEMBER": ("MEMBER", "MEMBER"),
    "TEAM_VIEWER": ("MEMBER", "VIEWER"),
}
ADMINS = {"OWNER", "ADMIN"}
MANAGERS = ADMINS | {"TEAM_ADMIN"}
WORKERS = MANAGERS | {"TEAM_MEMBER"}


@dataclass(frozen=True)
class Action:
    """A mutation, who may do it, and what an owner does before; `$team`, `$task` and so on stand for ids."""

    field: str
    allowed: set[str]
    before: str = ""


ACTIONS = {
    "createOrganization": Action(
        'createOrganization(input: {name: "A", slug: "a-$team"}) { userErrors { code } }', set(ROLES)
    ),
    "updateOrganization": Action(
        'updateOrganization(id: "$organization", input: {name: "A"}) { userErrors { code } }', ADMINS
    ),
    "deleteOrganization": Action('deleteOrganization(id: "$organization") { userErrors { code } }', {"OWNER"}),
    "restoreOrganization": Action(
        'restoreOrganization(id: "$organization") { userErrors { code } }',
        {"OWNER"},
        before='deleteOrganization(id: "$organization") { deletedIds }',
    ),
    "addOrganizationMember": Action(
        'addOrganizationMember(input: {organizationId: "$organization", email: "$team@example.com"})'
        " { userErrors { code } }",
        ADMINS,
    ),
    "updateOrganizationMember": Action(
        'updateOrganizationMember(id: "$member", role: ADMIN) { userErrors { code } }', ADMINS
    ),
    "removeOrganizationMember": Action('removeOrganizationMember(id: "$member") { userErrors { code } }', ADMINS),
    "restoreOrganizationMember": Action(
        'restoreOrganizationMember(id: "$member") { userErrors { code } }',
        ADMINS,
        before='removeOrganizationMember(id: "$member") { deletedIds }',
    ),
    "createTeam": Action(
        'createTeam(input: {organizationId: "$organization", key: "A", name: "A"}) { userErrors { code } }', set(ROLES)
    ),
    "updateTeam": Action('updateTeam(id: "$team", input: {name: "A"}) { userErrors { code } }', MANAGERS),
    "deleteTeam": Action('deleteTeam(id: "$team") { userErrors { code } }', MANAGERS),
    "restoreTeam": Action(
        'restoreTeam(id: "$team") { userErrors { code } }', MANAGERS, before='deleteTeam(id: "$team") { deletedIds }'
    ),
    "addTeamMember": Action(
        'addTeamMember(input: {teamId: "$team", organizationMemberId: "$member"}) { userErrors { code } }',
        MANAGERS,
        before='removeTeamMember(id: "$team_member") { deletedIds }',
    ),
    "updateTeamMember": Action('updateTeamMember(id: "$team_member", role: ADMIN) { userErrors { code } }', MANAGERS),
    "removeTeamMember": Action('removeTeamMember(id: "$team_member") { userErrors { code } }', MANAGERS),
    "restoreTeamMember": Action(
        'restoreTeamMember(id: "$team_member") { userErrors { code } }',
        MANAGERS,
        before='removeTeamMember(id: "$team_member") { deletedIds }',
    ),
    "createTask": Action('createTask(input: {teamId: "$team", title: "A"}) { userErrors { code } }', WORKERS),
    "updateTask": Action('updateTask(id: "$task", input: {title: "A"}) { userErrors { code } }', WORKERS),
    "moveTask": Action('moveTask(id: "$task", teamId: "$other_team") { userErrors { code } }', WORKERS),
    "deleteTask": Action('deleteTask(id: "$task") { userErrors { code } }', WORKERS),
    "restoreTask": Action(
        'restoreTask(id: "$task") { userErrors { code } }',
        WORKERS,
        before='deleteTask(id: "$task") { deletedIds }',
    ),
    "createTasks": Action('createTasks(inputs: [{teamId: "$team", title: "A"}]) { userErrors { code } }', WORKERS),
    "updateTasks": Action('updateTasks(ids: ["$task"], input: {title: "A"}) { userErrors { code } }', WORKERS),
    "deleteTasks": Action('deleteTasks(ids: ["$task"]) { userErrors { code } }', WORKERS),
    "restoreTasks": Action(
        'restoreTasks(ids: ["$task"]) { userErrors { code } }',
        WORKERS,
        before='deleteTask(id: "$task") { deletedIds }',
    ),
    # Whoever may delete a thing may undo its deletion, but only those who administer the organization purge it.
    "restoreDeletion": Action(
        'restoreDeletion(id: "$deletion") { userErrors { code } }',
        WORKERS,
        before='deleteTask(id: "$task") { deletedIds }',
    ),
    "purgeDeletion": Action(
        'purgeDeletion(id: "$deletion") { userErrors { code } }',
        ADMINS,
        before='deleteTask(id: "$task") { deletedIds }',
    ),
}


def test_every_mutation_has_its_row() -> None:
    assert graphql_schema.mutation_type is not None
    assert set(graphql_schema.mutation_type.fields) == set(ACTIONS)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("mutation", ACTIONS)
async def test_role(api: Api, superuser: "asyncpg.Connection[Any]", mutation: str, role: str) -> None:
    action = ACTIONS[mutation]
    tenant = await make_tenant(superuser, members=3, teams=2)
    await give_role(superuser, tenant, *ROLES[role])
    who = tenant.owner.replace("person1", "person2")
    if action.before:
        await api.data(document(action.before, tenant), who=tenant.owner)
    deletion = await superuser.fetchval("SELECT id FROM deletions WHERE organization_id = $1", tenant.id)
    tried = document(action.field, tenant, deletion=deletion)

    if role in action.allowed:
        data = await api.data(tried, who=who)
        assert data[mutation]["userErrors"] == []
    else:
        async with unchanged(superuser, tenant):
            body = await api.ask(tried, who=who)
        assert codes(body, mutation) == {"FORBIDDEN"}


async def give_role(
    superuser: "asyncpg.Connection[Any]", tenant: Tenant, organization_role: str, team_role: str | None
) -> None:
    """Makes the tenant's second person what the test is about."""
    member = tenant.members[1]
    await superuser.execute("UPDATE organization_members SET role = $2 WHERE id = $1", member, organization_role)
    if team_role is None:
        removed = "UPDATE team_members SET deleted_at = now() WHERE organization_member_id = $1"
        await superuser.execute(removed, member)
    else:
        await superuser.execute(
            "UPDATE team_members SET role = $2 WHERE organization_member_id = $1", member, team_role
        )


def document(field: str, tenant: Tenant, **more: UUID) -> str:
    """The mutation with the ids of the tenant's first and second team, and of what belongs to its third person."""
    ids = {
        "organization": tenant.id,
        "team": tenant.teams[0],
        "other_team": tenant.teams[1],
        "member": tenant.members[2],
        "team_member": tenant.team_members[2],
        "task": tenant.tasks[2],
        **more,
    }
    return f"mutation {{ {Template(field).substitute(ids)} }}"


def codes(body: dict[str, Any], mutation: str) -> set[str]:
    """Of the errors beside the data, or else in the payload."""
    if "errors" in body:
        return {error["extensions"]["code"] for error in body["errors"]}
    return {error["code"] for error in body["data"][mutation]["userErrors"]}
