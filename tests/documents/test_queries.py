"""Reading documents: their lists, what chooses and sorts them, their texts and their chunks."""

from typing import Any

import asyncpg
import pytest

from tests.api import Api
from tests.documents.documents import MIB
from tests.factories import Tenant, make_tenant

LIST = """query ($slug: String!, $filter: DocumentFilter, $order: [DocumentOrder!]) { organization(by: {slug: $slug}) {
    documents(filter: $filter, orderBy: $order) { totalCount nodes { title } }
} }"""


async def titles(api: Api, tenant: Tenant, **variables: Any) -> list[str]:
    data = await api.data(LIST, who=tenant.owner, slug=tenant.slug, **variables)
    found = data["organization"]["documents"]
    assert found["totalCount"] == len(found["nodes"])
    return [one["title"] for one in found["nodes"]]


async def test_an_organization_lists_its_own_and_those_of_its_teams(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, teams=2, documents=3)
    query = "query ($id: ID!) { team(id: $id) { documents { nodes { title team { key } } } } }"

    assert await titles(api, tenant) == ["Document 3", "Document 2", "Document 1"]
    assert await titles(api, tenant, order={"field": "TITLE", "direction": "ASC"}) == [
        "Document 1",
        "Document 2",
        "Document 3",
    ]
    assert await api.data(query, who=tenant.owner, id=str(tenant.teams[0])) == {
        "team": {"documents": {"nodes": [{"title": "Document 2", "team": {"key": "T1"}}]}}
    }


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"own": True}, ["Document 1"]),
        ({"own": False}, ["Document 3", "Document 2"]),
        ({"team": {"key": {"eq": "T2"}}}, ["Document 3"]),
        ({"not": {"team": {"key": {"eq": "T2"}}}}, ["Document 2", "Document 1"]),
        ({"status": {"eq": "COMPLETED"}}, ["Document 3", "Document 2"]),
        ({"kind": {"ne": "TEXT"}}, []),
        ({"source": {"isNull": False}}, ["Document 1"]),
        ({"createdBy": {"name": {"eq": "Person 1"}}}, ["Document 3", "Document 2", "Document 1"]),
        ({"or": [{"title": {"contains": "2"}}, {"own": True}]}, ["Document 2", "Document 1"]),
    ],
)
async def test_a_filter_chooses(
    api: Api, superuser: "asyncpg.Connection[Any]", condition: dict[str, Any], found: list[str]
) -> None:
    tenant = await make_tenant(superuser, teams=2, documents=3)
    await superuser.execute(
        "UPDATE documents SET status = 'FAILED', processing_error = 'No.', source = 'a.txt' WHERE id = $1",
        tenant.documents[0],
    )

    assert await titles(api, tenant, filter=condition) == found


async def test_chunks_are_paged_in_the_order_of_the_text(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, documents=1)
    await superuser.execute(
        """INSERT INTO document_chunks (organization_id, id, document_id, index, section, page, text)
           SELECT $1, gen_random_uuid(), $2, 3 - place, 'A > B', 2, 'Text ' || (3 - place)
           FROM generate_series(0, 2) AS place""",
        tenant.id,
        tenant.documents[0],
    )
    query = """query ($id: ID!, $after: String) { document(id: $id) { chunks(first: 2, after: $after) {
        totalCount pageInfo { hasNextPage endCursor } nodes { index section page text }
    } } }"""

    first = (await api.data(query, who=tenant.owner, id=str(tenant.documents[0])))["document"]["chunks"]
    after = first["pageInfo"].pop("endCursor")
    second = (await api.data(query, who=tenant.owner, id=str(tenant.documents[0]), after=after))["document"]["chunks"]

    assert first == {
        "totalCount": 4,
        "pageInfo": {"hasNextPage": True},
        "nodes": [
            {"index": 0, "section": None, "page": 1, "text": "A text"},
            {"index": 1, "section": "A > B", "page": 2, "text": "Text 1"},
        ],
    }
    assert [chunk["index"] for chunk in second["nodes"]] == [2, 3]


async def test_texts_are_read_where_they_are_asked_for(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, documents=2)
    query = "query ($slug: String!) { organization(by: {slug: $slug}) { documents { nodes { %s } } } }"

    data = await api.data(query % "text", who=tenant.owner, slug=tenant.slug)
    with_text = [one for one in api.statements if "document_texts" in one]
    await api.data(query % "title size", who=tenant.owner, slug=tenant.slug)
    without = [one for one in api.statements if "document_texts" in one]

    assert data["organization"]["documents"]["nodes"] == [{"text": "A text"}] * 2
    assert (len(with_text), len(without)) == (1, 0)


async def test_more_texts_than_an_answer_holds_are_refused(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=8, documents=9)
    await superuser.execute("UPDATE documents SET size = $2 WHERE organization_id = $1", tenant.id, MIB)
    query = """query ($slug: String!, $first: Int!) { organization(by: {slug: $slug}) {
        documents(first: $first) { nodes { text } }
    } }"""

    eight = await api.data(query, who=tenant.owner, slug=tenant.slug, first=8)
    nine = await api.ask(query, who=tenant.owner, slug=tenant.slug, first=9)

    assert len(eight["organization"]["documents"]["nodes"]) == 8
    assert {error["extensions"]["code"] for error in nine["errors"]} == {"LIMIT_EXCEEDED"}
    assert "data" not in nine
