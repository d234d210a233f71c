"""What clients send to read and write settings."""

EFFECTIVE = """effectiveSettings {
    timezone { value source locked lockedBy } weekStart { value source locked lockedBy }
    defaultTaskPriority { value source locked lockedBy } retentionDays { value source locked lockedBy }
    searchMode { value source locked lockedBy } digest { value source locked lockedBy }
}"""
OWN = "timezone weekStart defaultTaskPriority digest version"
OF_GROUP = f"{OWN} retentionDays locked"
ERRORS = "userErrors { code message path }"

UPDATE_ORGANIZATION = f"""
mutation ($id: ID!, $input: OrganizationSettingsInput!, $version: Int) {{
    updateOrganizationSettings(id: $id, input: $input, expectedVersion: $version) {{
        organization {{ settings {{ {OF_GROUP} searchMode }} {EFFECTIVE} }} {ERRORS}
    }}
}}"""
UPDATE_TEAM = f"""
mutation ($id: ID!, $input: TeamSettingsInput!, $version: Int) {{
    updateTeamSettings(id: $id, input: $input, expectedVersion: $version) {{
        team {{ settings {{ {OF_GROUP} }} {EFFECTIVE} }} {ERRORS}
    }}
}}"""
UPDATE_MEMBER = f"""
mutation ($id: ID!, $input: TeamMemberSettingsInput!, $version: Int) {{
    updateTeamMemberSettings(id: $id, input: $input, expectedVersion: $version) {{
        teamMember {{ settings {{ {OWN} }} {EFFECTIVE} }} {ERRORS}
    }}
}}"""
TEAM_MEMBER = f"""query ($id: ID!) {{ node(id: $id) {{ ... on TeamMember {{
    settings {{ {OWN} }} {EFFECTIVE}
    team {{ settings {{ {OF_GROUP} }} {EFFECTIVE}
        organization {{ settings {{ {OF_GROUP} searchMode }} {EFFECTIVE} }} }}
}} }} }}"""
