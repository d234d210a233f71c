"""What clients send to write members of a team."""

ADD = """mutation ($input: AddTeamMemberInput!) { addTeamMember(input: $input) {
    teamMember { id role user { email } team { key members { totalCount } } organizationMember { id } }
    userErrors { code message path }
} }"""
UPDATE = """mutation ($id: ID!, $role: TeamRole!) { updateTeamMember(id: $id, role: $role) {
    teamMember { role user { name } team { viewerRole } } userErrors { code message path }
} }"""
REMOVE = """mutation ($id: ID!) { removeTeamMember(id: $id) {
    deletedIds deletion { counts { organizationMembers teamMembers tasks } } userErrors { code message path }
} }"""
RESTORE = """mutation ($id: ID!) { restoreTeamMember(id: $id) {
    teamMember { role deletedAt user { name } tasks { nodes { key } } } userErrors { code message path }
} }"""
