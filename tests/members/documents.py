"""What clients send to write members of an organization."""

UPDATE = """mutation ($id: ID!, $role: OrganizationRole!) { updateOrganizationMember(id: $id, role: $role) {
    organizationMember { role organization { viewerRole } } userErrors { code message path }
} }"""
REMOVE = """mutation ($id: ID!) { removeOrganizationMember(id: $id) {
    deletedIds deletion { counts { organizationMembers teamMembers tasks } } userErrors { code message path }
} }"""
RESTORE = """mutation ($id: ID!) { restoreOrganizationMember(id: $id) {
    organizationMember { role deletedAt teams { nodes { team { key } } } } userErrors { code message path }
} }"""
LAST_OWNER = {
    "code": "LAST_OWNER",
    "message": "This is the organization's last owner: make somebody else an owner first.",
}
