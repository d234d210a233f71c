"""What clients send to write documents."""

CREATE = """mutation ($input: CreateDocumentInput!) { createDocument(input: $input) {
    document { id title kind source text size textHash version deletedAt status chunkCount
        organization { slug } team { key } createdBy { email } }
    userErrors { code message path }
} }"""
UPDATE = """mutation ($id: ID!, $input: UpdateDocumentInput!, $version: Int) {
    updateDocument(id: $id, input: $input, expectedVersion: $version) {
        document { title kind source text status version } userErrors { code message path }
    }
}"""
DELETE = """mutation ($id: ID!) { deleteDocument(id: $id) {
    deletedIds deletion { counts { documents tasks } } userErrors { code message path }
} }"""
RESTORE = """mutation ($id: ID!) { restoreDocument(id: $id) {
    document { title text deletedAt version chunks { totalCount } } userErrors { code message path }
} }"""
RETRY = """mutation ($id: ID!) { retryDocument(id: $id) {
    document { status attempts processingError version } userErrors { code }
} }"""
MIB = 1024 * 1024
MISTAKES = [
    ({"title": " "}, "BLANK", "title"),
    ({"title": "\u2800"}, "BLANK", "title"),
    ({"title": "a" * 201}, "TOO_LONG", "title"),
    ({"source": "a" * 2_001}, "TOO_LONG", "source"),
]
