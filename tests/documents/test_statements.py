"""What writing a document costs in statements, however long its text is."""

from typing import Any

import asyncpg
import pytest

from tests.api import Api
from tests.factories import make_tenant

# BEGIN with the identity, the savepoint and its end, the organization's counter, the events, COMMIT.
AROUND = 6
DOCUMENT = "{ document { title } userErrors { code } }"
PLACE = 'organizationId: "$organization", teamId: "$team"'
DELETION = "{ deletedIds userErrors { code } }"
MUTATIONS = {
    # The team, the role, the document, its text.
    "createDocument": (f'createDocument(input: {{{PLACE}, title: "A", text: "$text"}}) {DOCUMENT}', 4),
    # The document, the role, the change, its text.
    "updateDocument": (f'updateDocument(id: "$document", input: {{title: "A", text: "$text"}}) {DOCUMENT}', 4),
    # The document, the role, the change.
    "update of the title": (f'updateDocument(id: "$document", input: {{title: "A"}}) {DOCUMENT}', 3),
    # The document, the role, the stamp, the settings, the deletion.
    "deleteDocument": (f'deleteDocument(id: "$document") {DELETION}', 5),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_writing(api: Api, superuser: "asyncpg.Connection[Any]", mutation: str) -> None:
    field, expected = MUTATIONS[mutation]
    costs = []
    for text in ("A", "A", "A text. " * 1_000):  # with the first, the driver asks about types
        tenant = await make_tenant(superuser, documents=2)
        named = {"organization": tenant.id, "team": tenant.teams[0], "document": tenant.documents[1], "text": text}
        document = f"mutation {{ {field} }}"
        for name, value in named.items():
            document = document.replace(f"${name}", str(value))
        await api.data("{ viewer { user { id } } }", who=tenant.owner)
        (payload,) = (await api.data(document, who=tenant.owner)).values()
        assert payload["userErrors"] == []
        costs.append(len(api.statements) - AROUND)

    assert costs[1:] == [expected, expected]
