"""What clients send to delete, restore and purge."""

COUNTS = "{ organizations organizationMembers teams teamMembers tasks documents }"
NONE = dict.fromkeys(("organizations", "organizationMembers", "teams", "teamMembers", "tasks", "documents"), 0)
DELETION = f"deletion {{ id counts {COUNTS} }} deletedIds userErrors {{ code }}"
DELETE_TASK = f"mutation ($id: ID!) {{ deleteTask(id: $id) {{ {DELETION} }} }}"
DELETE_TASKS = f"mutation ($ids: [ID!]!) {{ deleteTasks(ids: $ids) {{ {DELETION} }} }}"
DELETE_TEAM = f"mutation ($id: ID!) {{ deleteTeam(id: $id) {{ {DELETION} }} }}"
DELETE_ORGANIZATION = f"mutation ($id: ID!) {{ deleteOrganization(id: $id) {{ {DELETION} }} }}"
REMOVE_MEMBER = f"mutation ($id: ID!) {{ removeOrganizationMember(id: $id) {{ {DELETION} }} }}"
REMOVE_TEAM_MEMBER = f"mutation ($id: ID!) {{ removeTeamMember(id: $id) {{ {DELETION} }} }}"
RESTORE_TASK = "mutation ($id: ID!) { restoreTask(id: $id) { task { id } userErrors { code } } }"
RESTORE_DELETION = f"""mutation ($id: ID!) {{ restoreDeletion(id: $id) {{
    restored {COUNTS} subject {{ id deletedAt deletion {{ id }} }} userErrors {{ code message path }}
}} }}"""
PURGE_DELETION = f"""mutation ($id: ID!) {{ purgeDeletion(id: $id) {{
    pending purged {COUNTS} userErrors {{ code }}
}} }}"""
TRASH = """query ($slug: String!, $first: Int, $after: String) { organization(by: {slug: $slug}) {
    trash(first: $first, after: $after) { totalCount nodes { id subject { id } } pageInfo { hasNextPage endCursor } }
} }"""
PREVIEW = f"query ($id: ID!) {{ deletionPreview(id: $id) {COUNTS} }}"
EVENTS = """
SELECT type, subject_type, subject_id, actor_id, changes FROM events WHERE organization_id = $1 ORDER BY sequence
"""
