"""What clients send to write organizations."""

from app.db.columns import new_id

CREATE = """mutation ($input: CreateOrganizationInput!) { createOrganization(input: $input) {
    organization { id name slug version deletedAt viewerRole
        members { nodes { role user { email } } } teams { nodes { key } } tasks { totalCount } }
    userErrors { code message path }
} }"""
UPDATE = """mutation ($id: ID!, $input: UpdateOrganizationInput!, $version: Int) {
    updateOrganization(id: $id, input: $input, expectedVersion: $version) {
        organization { name slug version } userErrors { code message path }
    }
}"""
DELETE = """mutation ($id: ID!) { deleteOrganization(id: $id) {
    deletedIds deletion { counts { organizations organizationMembers teams teamMembers tasks } } userErrors { code }
} }"""
RESTORE = """mutation ($id: ID!) { restoreOrganization(id: $id) {
    organization { slug deletedAt teams { nodes { key } } } userErrors { code message path }
} }"""
ROW = "SELECT name, slug, version, deleted_at FROM organizations WHERE id = $1"
MISTAKES = [
    ({"name": " \n"}, "BLANK", "name"),
    ({"name": "\u2066\u00ad\u2069"}, "BLANK", "name"),
    ({"name": "a" * 101}, "TOO_LONG", "name"),
    ({"slug": " "}, "BLANK", "slug"),
    ({"slug": "a"}, "INVALID", "slug"),
    ({"slug": "a" * 51}, "INVALID", "slug"),
    ({"slug": "A-b"}, "INVALID", "slug"),
    ({"slug": "a b"}, "INVALID", "slug"),
    ({"slug": "ä-1"}, "INVALID", "slug"),
    ({"slug": "a-\u0663"}, "INVALID", "slug"),
]


def new_slug() -> str:
    return f"new-{new_id().hex}"
