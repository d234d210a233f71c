"""What something is known by has one spelling, however it was typed; other texts stay as they were given."""

from typing import Any

import asyncpg

from tests.api import Api
from tests.factories import make_tenant

DECOMPOSED, COMPOSED = "Bu\u0308ro Ame\u0301lie \u212b", "Büro Amélie Å"
WRITE = """mutation ($organization: ID!, $team: ID!, $task: ID!, $text: String!, $tags: [String!]!) {
    updateOrganization(id: $organization, input: {name: $text}) { organization { name } }
    updateTeam(id: $team, input: {name: $text, description: $text}) { team { name description } }
    createDocument(input: {organizationId: $organization, title: $text, kind: TEXT, source: $text, text: $text}) {
        document { title source text }
    }
    updateTask(id: $task, input: {title: $text, tags: $tags}) { task { title tags } }
}"""
RETAG = """mutation ($task: ID!, $added: [String!]!, $removed: [String!]!) {
    updateTask(id: $task, input: {addTags: $added, removeTags: $removed}) { task { tags } }
}"""


async def test_names_tags_and_sources_are_composed(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    ids = {"organization": str(tenant.id), "team": str(tenant.teams[0]), "task": str(tenant.tasks[0])}

    data = await api.data(WRITE, who=tenant.owner, **ids, text=DECOMPOSED, tags=["e\u0301", "é", "E\u0301"])

    assert data == {
        "updateOrganization": {"organization": {"name": COMPOSED}},
        "updateTeam": {"team": {"name": COMPOSED, "description": DECOMPOSED}},
        "createDocument": {"document": {"title": DECOMPOSED, "source": COMPOSED, "text": DECOMPOSED}},
        "updateTask": {"task": {"title": DECOMPOSED, "tags": ["é", "É"]}},
    }


async def test_a_tag_is_the_same_in_any_spelling(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    task = str(tenant.tasks[0])

    added = await api.data(RETAG, who=tenant.owner, task=task, added=["é", "e\u0301", "ü"], removed=[])
    removed = await api.data(RETAG, who=tenant.owner, task=task, added=[], removed=["e\u0301"])

    assert [one["updateTask"]["task"]["tags"] for one in (added, removed)] == [["é", "ü"], ["ü"]]
