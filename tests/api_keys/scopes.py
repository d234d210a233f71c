"""What an API key needs for each mutation: the table that the tests walk."""

READ, WRITE_TASKS, WRITE_ALL, ADMIN = SCOPES = ("READ", "WRITE_TASKS", "WRITE_ALL", "ADMIN")
PEOPLE = None  # no key may

NEEDED = {
    "createOrganization": PEOPLE,
    "updateOrganization": ADMIN,
    "deleteOrganization": PEOPLE,
    "restoreOrganization": PEOPLE,
    "exportOrganization": PEOPLE,
    "createApiKey": PEOPLE,
    "rotateApiKey": PEOPLE,
    "revokeApiKey": PEOPLE,
    "updateProfile": PEOPLE,
    "eraseUser": PEOPLE,
    "inviteToOrganization": ADMIN,
    "resendInvitation": ADMIN,
    "revokeInvitation": ADMIN,
    "acceptInvitation": PEOPLE,
    "declineInvitation": PEOPLE,
    "updateOrganizationMember": PEOPLE,  # of roles a key gives the least alone
    "removeOrganizationMember": ADMIN,
    "restoreOrganizationMember": ADMIN,
    "updateOrganizationSettings": ADMIN,
    "createTeam": WRITE_ALL,
    "updateTeam": WRITE_ALL,
    "deleteTeam": WRITE_ALL,
    "restoreTeam": WRITE_ALL,
    "updateTeamSettings": WRITE_ALL,
    "addTeamMember": WRITE_ALL,
    "updateTeamMember": WRITE_ALL,
    "removeTeamMember": WRITE_ALL,
    "restoreTeamMember": WRITE_ALL,
    "updateTeamMemberSettings": PEOPLE,  # everybody's own
    "createTask": WRITE_TASKS,
    "updateTask": WRITE_TASKS,
    "moveTask": WRITE_TASKS,
    "deleteTask": WRITE_TASKS,
    "restoreTask": WRITE_TASKS,
    "createTasks": WRITE_TASKS,
    "updateTasks": WRITE_TASKS,
    "moveTasks": WRITE_TASKS,
    "deleteTasks": WRITE_TASKS,
    "restoreTasks": WRITE_TASKS,
    "createDocument": WRITE_ALL,
    "updateDocument": WRITE_ALL,
    "retryDocument": WRITE_ALL,
    "deleteDocument": WRITE_ALL,
    "restoreDocument": WRITE_ALL,
    "restoreDeletion": WRITE_TASKS,  # of a task
    "purgeDeletion": ADMIN,
}


def suffices(scope: str, mutation: str) -> bool:
    """Whether a key with this scope may do it: each includes those before it."""
    needed = NEEDED[mutation]
    return needed is not None and SCOPES.index(scope) >= SCOPES.index(needed)
