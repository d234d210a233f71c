"""Operations of which one field fails: what the others did and found is kept, and told."""

from typing import Any
from uuid import uuid4

import asyncpg

from tests.actions import ACTIONS, document, make_target
from tests.api import Api
from tests.factories import make_tenant
from tests.log import events_of
from tests.unchanged import unchanged

DOCUMENT = """mutation ($team: ID!, $gone: ID!) {
    a: createTask(input: {teamId: $team, title: "Kept"}) { task { title } userErrors { code } }
    b: deleteTask(id: $gone) { deletedIds userErrors { code } }
    c: createTask(input: {teamId: $team, title: "Kept too"}) { task { title } userErrors { code } }
}"""


async def test_what_is_committed_is_answered_beside_what_failed(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=0)

    body = await api.ask(DOCUMENT, who=tenant.owner, team=str(tenant.teams[0]), gone=str(uuid4()))

    assert body["data"] == {
        "a": {"task": {"title": "Kept"}, "userErrors": []},
        "b": None,
        "c": {"task": {"title": "Kept too"}, "userErrors": []},
    }
    assert [(error["path"], error["extensions"]["code"]) for error in body["errors"]] == [(["b"], "NOT_FOUND")]
    assert [event["type"] for event in await events_of(superuser, tenant)] == ["CREATED", "CREATED"]
    titles = await superuser.fetch("SELECT title FROM tasks WHERE organization_id = $1 ORDER BY number", tenant.id)
    assert [row["title"] for row in titles] == ["Kept", "Kept too"]


async def test_each_mutation_that_is_refused_leaves_the_answer_of_another(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    wrong = []
    for name, action in ACTIONS.items():
        tenant, stranger = await make_target(superuser), await make_tenant(superuser)
        refused = document(action.field, tenant, deletion=uuid4())
        beside = f'createTask(input: {{teamId: "{stranger.teams[0]}", title: "A"}}) {{ task {{ title }} }}'
        async with unchanged(superuser, tenant):
            body = await api.ask(f"{refused[:-1]} beside: {beside} }}", who=stranger.owner)
        if body["data"]["beside"] != {"task": {"title": "A"}}:
            wrong.append(name)
    assert wrong == []


async def test_a_query_keeps_what_is_beside_a_refused_field(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    query = """query ($id: ID!) {
        viewer { user { name } }
        tasks: searchTasks(organizationId: $id, query: "  ") { nodes { title } }
        documents: searchDocuments(organizationId: $id, query: "") { nodes { title } }
        organizations(first: 101) { nodes { id } }
        nodes(ids: ["x"]) { id }
        me: viewer { organizations(last: -1) { nodes { id } } }
        organization(by: {id: $id}) { slug }
    }"""

    body = await api.ask(query, who=tenant.owner, id=str(tenant.id))

    refused = ["tasks", "documents", "organizations", "nodes", "me"]
    assert body["data"] == {
        "viewer": {"user": {"name": "Person 1"}},
        **dict.fromkeys(refused),
        "organization": {"slug": tenant.slug},
    }
    assert {error["path"][0]: error["extensions"]["code"] for error in body["errors"]} == dict.fromkeys(
        refused, "BAD_USER_INPUT"
    )
