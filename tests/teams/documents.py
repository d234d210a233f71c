"""What clients send to write teams."""

CREATE = """mutation ($input: CreateTeamInput!) { createTeam(input: $input) {
    team { id key name description version deletedAt viewerRole organization { slug teams { totalCount } }
        members { nodes { role user { email } } } tasks { totalCount } }
    userErrors { code message path }
} }"""
UPDATE = """mutation ($id: ID!, $input: UpdateTeamInput!, $version: Int) {
    updateTeam(id: $id, input: $input, expectedVersion: $version) {
        team { key name description version } userErrors { code message path }
    }
}"""
DELETE = """mutation ($id: ID!) { deleteTeam(id: $id) {
    deletedIds deletion { counts { teams teamMembers tasks } } userErrors { code message path }
} }"""
RESTORE = """mutation ($id: ID!) { restoreTeam(id: $id) {
    team { key deletedAt viewerRole members { totalCount } tasks { nodes { key } } } userErrors { code message path }
} }"""
ROW = "SELECT key, name, description, version, last_number, deleted_at FROM teams WHERE id = $1"
MISTAKES = [
    ({"key": " "}, "BLANK", "key"),
    ({"key": "eng"}, "INVALID", "key"),
    ({"key": "1A"}, "INVALID", "key"),
    ({"key": "A-B"}, "INVALID", "key"),
    ({"key": "A" * 13}, "INVALID", "key"),
    ({"key": "Ä"}, "INVALID", "key"),
    ({"name": ""}, "BLANK", "name"),
    ({"name": "\u3164"}, "BLANK", "name"),
    ({"name": "a" * 101}, "TOO_LONG", "name"),
    ({"description": "a" * 65_537}, "TOO_LONG", "description"),
]
KEY_TAKEN = {"code": "TAKEN", "message": "Another team has this key: choose another.", "path": ["input", "key"]}
