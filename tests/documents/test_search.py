"""Searching documents: by their chunks, and each document once."""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import pytest

from app.db.columns import new_id
from app.documents.searchable import CHUNKS
from app.ranking import scope
from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.ranking.test_names import forget
from tests.ranking.texts import read

SEARCH = """query ($organization: ID!, $text: String!, $mode: SearchMode! = HYBRID, $filter: DocumentFilter,
                   $first: Int, $after: String) {
  searchDocuments(organizationId: $organization, query: $text, mode: $mode, filter: $filter, first: $first,
                  after: $after) {
    edges { cursor score matchedBy snippet chunks { index text } node { title } }
    pageInfo { hasNextPage endCursor }
  }
}"""
DOCUMENT = """
INSERT INTO documents (organization_id, id, title, kind, size, text_hash, status, created_at, updated_at)
VALUES ($1, $2, $3, 'TEXT', 0, repeat('0', 64), 'COMPLETED', now(), now())
"""
CHUNK = """
INSERT INTO document_chunks (organization_id, id, document_id, index, page, text)
SELECT $1, id, $2, place - 1, 1, text FROM unnest($3::uuid[], $4::text[]) WITH ORDINALITY AS t (id, text, place)
"""
DOCUMENTS = {
    "Handbook": ["Holidays are booked a month before.", "Expenses are paid back within a week.", "Sick leave."],
    "Servers": ["A backup of the database is made every night.", "A backup is restored with one command.", "Alarms."],
    "Style": ["Buttons are green.", "Letters are black."],
}


async def make_documents(superuser: "asyncpg.Connection[Any]", documents: Mapping[str, Sequence[str]]) -> Tenant:
    tenant = await make_tenant(superuser, tasks=0)
    for title, texts in documents.items():
        document_id, ids = new_id(), [new_id() for _ in texts]
        tenant.documents.append(document_id)
        await superuser.execute(DOCUMENT, tenant.id, document_id, title)
        await superuser.execute(CHUNK, tenant.id, document_id, ids, texts)
        await read(superuser, CHUNKS, tenant, ids, [f"{title}\n{text}" for text in texts])
    return tenant


async def search(api: Api, tenant: Tenant, text: str, **variables: Any) -> dict[str, Any]:
    data = await api.data(SEARCH, who=tenant.owner, organization=str(tenant.id), text=text, **variables)
    found: dict[str, Any] = data["searchDocuments"]
    return found


@pytest.fixture
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    return await make_documents(superuser, DOCUMENTS)


async def test_a_document_is_found_once_with_the_chunks_that_match(api: Api, tenant: Tenant) -> None:
    (edge,) = (await search(api, tenant, "restore a backup", mode="FULL_TEXT"))["edges"]

    assert edge["node"] == {"title": "Servers"}
    assert [chunk["index"] for chunk in edge["chunks"]] == [1, 0]
    assert (edge["score"], edge["matchedBy"]) == (1.0, ["FULL_TEXT"])
    assert edge["snippet"] == "Servers\nA <mark>backup</mark> is <mark>restored</mark> with one command"


async def test_by_meaning_a_document_is_found_and_no_other(api: Api, tenant: Tenant) -> None:
    found = await search(api, tenant, "vacation days", mode="SEMANTIC")

    assert [edge["node"] for edge in found["edges"]] == [{"title": "Handbook"}]


@pytest.mark.parametrize("mode", ["HYBRID", "SEMANTIC", "FULL_TEXT", "FUZZY"])
@pytest.mark.parametrize("query", ["zzzzqqq", "asdf jkl", "roast lamb with rosemary"])
async def test_what_is_in_no_document_is_not_found(api: Api, tenant: Tenant, query: str, mode: str) -> None:
    assert (await search(api, tenant, query, mode=mode))["edges"] == []


async def test_the_filter_is_one_of_documents(api: Api, tenant: Tenant) -> None:
    found = await search(api, tenant, "backup of holidays", filter={"title": {"ne": "Servers"}})

    assert [edge["node"]["title"] for edge in found["edges"]] == ["Handbook"]


async def test_pages_hold_each_document_once(api: Api, tenant: Tenant) -> None:
    asked = "holidays and backups of buttons"
    whole = await search(api, tenant, asked)
    seen: list[str] = []
    page, after = whole, None
    for _ in DOCUMENTS:
        page = await search(api, tenant, asked, first=1, after=after)
        seen += [edge["node"]["title"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]

    assert seen == [edge["node"]["title"] for edge in whole["edges"]]
    assert sorted(seen) == sorted(DOCUMENTS)
    assert page["pageInfo"]["hasNextPage"] is False


async def test_a_deleted_document_is_gone_at_once_and_back_when_restored(api: Api, tenant: Tenant) -> None:
    deleted = str(tenant.documents[1])
    await api.data("mutation ($id: ID!) { deleteDocument(id: $id) { deletedIds } }", who=tenant.owner, id=deleted)
    assert (await search(api, tenant, "backup", mode="FULL_TEXT"))["edges"] == []

    await api.data("mutation ($id: ID!) { restoreDocument(id: $id) { document { id } } }", who=tenant.owner, id=deleted)
    assert len((await search(api, tenant, "backup", mode="FULL_TEXT"))["edges"]) == 1


async def test_documents_of_others_are_not_found(
    api: Api, superuser: "asyncpg.Connection[Any]", tenant: Tenant
) -> None:
    alone = await make_documents(superuser, {"Notes": ["No backup."]})

    assert [edge["node"]["title"] for edge in (await search(api, alone, "backup"))["edges"]] == ["Notes"]
    error = await api.error(SEARCH, who=alone.owner, organization=str(tenant.id), text="backup")
    assert error["extensions"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize("few", [scope.FEW, 1])
@pytest.mark.parametrize("mode", ["HYBRID", "SEMANTIC", "FULL_TEXT"])
async def test_a_long_document_leaves_room_for_others(
    api: Api, superuser: "asyncpg.Connection[Any]", monkeypatch: pytest.MonkeyPatch, mode: str, few: int
) -> None:
    monkeypatch.setattr(scope, "FEW", few)
    forget()
    long = [f"The backup of backups, backup {number}." for number in range(400)]
    own = await make_documents(superuser, {"Backup": long, "Holidays": ["One more backup of the calendar."]})
    found = await search(api, own, "backup", mode=mode)
    forget()

    assert [edge["node"]["title"] for edge in found["edges"]] == ["Backup", "Holidays"]
    assert [len(edge["chunks"]) for edge in found["edges"]] == [5, 1]
