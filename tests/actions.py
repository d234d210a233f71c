"""Every mutation as tests try it: on whom, and in which roles it is allowed."""

from dataclasses import dataclass
from string import Template
from typing import Any
from uuid import UUID

import asyncpg

from app.db.columns import new_id
from tests.factories import INVITATIONS, Tenant, make_tenant

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
    "exportOrganization": Action('exportOrganization(id: "$organization") { userErrors { code } }', {"OWNER"}),
    "createApiKey": Action(
        'createApiKey(input: {organizationId: "$organization", name: "A", scopes: [READ]}) { userErrors { code } }',
        ADMINS,
    ),
    "rotateApiKey": Action('rotateApiKey(id: "$api_key") { userErrors { code } }', ADMINS),
    "revokeApiKey": Action('revokeApiKey(id: "$api_key") { userErrors { code } }', ADMINS),
    "updateProfile": Action('updateProfile(input: {name: "A"}) { userErrors { code } }', set(ROLES)),
    # Of somebody else; that everybody erases themselves is in tests/users.
    "eraseUser": Action('eraseUser(id: "$user", organizationId: "$organization") { userErrors { code } }', {"OWNER"}),
    "inviteToOrganization": Action(
        'inviteToOrganization(input: {organizationId: "$organization", email: "$team@example.com"})'
        " { userErrors { code } }",
        ADMINS,
    ),
    "resendInvitation": Action('resendInvitation(id: "$invitation") { userErrors { code } }', ADMINS),
    "revokeInvitation": Action('revokeInvitation(id: "$invitation") { userErrors { code } }', ADMINS),
    # Of their own address, whatever they are.
    "acceptInvitation": Action('acceptInvitation(by: {id: "$own_invitation"}) { userErrors { code } }', set(ROLES)),
    "declineInvitation": Action('declineInvitation(by: {id: "$own_invitation"}) { userErrors { code } }', set(ROLES)),
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
    "updateOrganizationSettings": Action(
        'updateOrganizationSettings(id: "$organization", input: {digest: true}) { userErrors { code } }', ADMINS
    ),
    "updateTeamSettings": Action(
        'updateTeamSettings(id: "$team", input: {digest: true}) { userErrors { code } }', MANAGERS
    ),
    # Of somebody else; that everybody sets their own is in tests/settings.
    "updateTeamMemberSettings": Action(
        'updateTeamMemberSettings(id: "$team_member", input: {digest: true}) { userErrors { code } }', set()
    ),
    "createTask": Action('createTask(input: {teamId: "$team", title: "A"}) { userErrors { code } }', WORKERS),
    "updateTask": Action('updateTask(id: "$task", input: {title: "A"}) { userErrors { code } }', WORKERS),
    "moveTask": Action('moveTask(id: "$task", teamId: "$other_team") { userErrors { code } }', WORKERS),
    "moveTasks": Action('moveTasks(ids: ["$task"], teamId: "$other_team") { userErrors { code } }', WORKERS),
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
    "createDocument": Action(
        'createDocument(input: {organizationId: "$organization", teamId: "$team", title: "A", text: "A"})'
        " { userErrors { code } }",
        WORKERS,
    ),
    "updateDocument": Action('updateDocument(id: "$document", input: {title: "A"}) { userErrors { code } }', WORKERS),
    "retryDocument": Action('retryDocument(id: "$failed_document") { userErrors { code } }', WORKERS),
    "deleteDocument": Action('deleteDocument(id: "$document") { userErrors { code } }', WORKERS),
    "restoreDocument": Action(
        'restoreDocument(id: "$document") { userErrors { code } }',
        WORKERS,
        before='deleteDocument(id: "$document") { deletedIds }',
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


async def make_target(superuser: "asyncpg.Connection[Any]", *, tasks: int = 1) -> Tenant:
    """A tenant with something for every mutation to be tried on: its third document could not be cut, and its second
    person is invited. Each member of a team has so many tasks there."""
    tenant = await make_tenant(superuser, members=3, teams=2, tasks=tasks, documents=3)
    failed = "UPDATE documents SET status = 'FAILED', processing_error = 'It was too long.' WHERE id = $1"
    await superuser.execute(failed, tenant.documents[2])
    tenant.invitations.append(new_id())
    await superuser.execute(INVITATIONS, tenant.id, tenant.invitations[1:], tenant.users[0])
    address = "UPDATE invitations SET email = $2 WHERE id = $1"
    await superuser.execute(address, tenant.invitations[1], tenant.owner.replace("person1", "person2"))
    return tenant


def document(field: str, tenant: Tenant, **more: UUID) -> str:
    """The mutation with the ids of the tenant's first and second team, and of what belongs to its third person."""
    ids = {
        "organization": tenant.id,
        "team": tenant.teams[0],
        "other_team": tenant.teams[1],
        "user": tenant.users[2],
        "member": tenant.members[2],
        "team_member": tenant.team_members[2],
        "task": tenant.tasks[2],
        "api_key": tenant.api_keys[0],
        "document": tenant.documents[1],
        "invitation": tenant.invitations[0],
        "own_invitation": tenant.invitations[-1],
        "failed_document": tenant.documents[2],
        **more,
    }
    return f"mutation {{ {Template(field).substitute(ids)} }}"
