"""Deleting documents, by themselves and with what they belong to, restoring and purging them."""

from typing import Any

import asyncpg
import pytest

from app.db.columns import new_id
from tests.api import Api
from tests.documents.documents import DELETE, RESTORE
from tests.factories import Tenant, make_tenant
from tests.log import events_of
from tests.unchanged import unchanged

LIVE = "SELECT id FROM documents WHERE organization_id = $1 AND deleted_at IS NULL ORDER BY created_at"


async def live(superuser: "asyncpg.Connection[Any]", tenant: Tenant) -> list[Any]:
    return [row["id"] for row in await superuser.fetch(LIVE, tenant.id)]


async def test_a_deleted_document_comes_back_as_it_was(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, documents=1)
    variables = {"id": str(tenant.documents[0])}

    deleted = (await api.data(DELETE, who=tenant.owner, **variables))["deleteDocument"]
    gone = await api.data(
        "query ($id: ID!) { document(id: $id) { text deletion { counts { documents } } } node(id: $id) { id } }",
        who=tenant.owner,
        **variables,
    )
    restored = (await api.data(RESTORE, who=tenant.owner, **variables))["restoreDocument"]

    assert deleted == {
        "deletedIds": [variables["id"]],
        "deletion": {"counts": {"documents": 1, "tasks": 0}},
        "userErrors": [],
    }
    assert gone == {
        "document": {"text": "A text", "deletion": {"counts": {"documents": 1}}},
        "node": {"id": variables["id"]},
    }
    assert restored == {
        "document": {
            "title": "Document 1",
            "text": "A text",
            "deletedAt": None,
            "version": 1,
            "chunks": {"totalCount": 1},
        },
        "userErrors": [],
    }
    assert [event["type"] for event in await events_of(superuser, tenant)] == ["DELETED", "RESTORED"]


async def test_the_documents_of_a_team_go_and_come_back_with_it(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=2, documents=3)
    own, first, second = tenant.documents
    verb = "mutation ($id: ID!) { %sTeam(id: $id) { userErrors { code } } }"
    preview = "query ($id: ID!) { deletionPreview(id: $id) { documents teams } }"

    previewed = await api.data(preview, who=tenant.owner, id=str(tenant.teams[0]))
    await api.data(verb % "delete", who=tenant.owner, id=str(tenant.teams[0]))
    left = await live(superuser, tenant)
    await api.data(verb % "restore", who=tenant.owner, id=str(tenant.teams[0]))

    assert previewed == {"deletionPreview": {"documents": 1, "teams": 1}}
    assert left == [own, second]
    assert await live(superuser, tenant) == [own, first, second]


async def test_all_documents_go_and_come_back_with_the_organization(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, teams=2, documents=3)
    await api.data(DELETE, who=tenant.owner, id=str(tenant.documents[0]))
    verb = "mutation ($id: ID!) { %sOrganization(id: $id) { userErrors { code } } }"

    await api.data(verb % "delete", who=tenant.owner, id=str(tenant.id))
    left = await live(superuser, tenant)
    await api.data(verb % "restore", who=tenant.owner, id=str(tenant.id))

    assert left == []
    assert await live(superuser, tenant) == tenant.documents[1:]


@pytest.mark.parametrize(("place", "table"), [(0, "organizations"), (1, "teams")])
async def test_a_document_does_not_come_back_without_what_it_belongs_to(
    api: Api, superuser: "asyncpg.Connection[Any]", place: int, table: str
) -> None:
    tenant = await make_tenant(superuser, documents=2)
    document_id = str(tenant.documents[place])
    await api.data(DELETE, who=tenant.owner, id=document_id)
    parent = tenant.id if table == "organizations" else tenant.teams[0]
    await superuser.execute(f"UPDATE {table} SET deleted_at = now() WHERE id = $1", parent)

    async with unchanged(superuser, tenant):
        payload = (await api.data(RESTORE, who=tenant.owner, id=document_id))["restoreDocument"]

    assert payload["document"] is None
    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [("PARENT_DELETED", ["id"])]


@pytest.mark.parametrize(("field", "noun"), [("delete", "document"), ("restore", "deleted document")])
async def test_what_is_not_there_is_not_written(
    api: Api, superuser: "asyncpg.Connection[Any]", field: str, noun: str
) -> None:
    tenant, other = await make_tenant(superuser, documents=1), await make_tenant(superuser, documents=1)
    who = await make_tenant(superuser)
    document = DELETE if field == "delete" else RESTORE
    if field == "restore":
        await api.data(DELETE, who=other.owner, id=str(other.documents[0]))

    async with unchanged(superuser, tenant, other):
        errors = [await api.error(document, who=who.owner, id=str(one)) for one in (other.documents[0], new_id())]

    assert [(error["message"], error["extensions"]["code"]) for error in errors] == [
        (f"There is no such {noun}.", "NOT_FOUND")
    ] * 2


async def test_a_purged_document_leaves_nothing(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, documents=2)
    deleted = "mutation ($id: ID!) { deleteTeam(id: $id) { deletion { id } } }"
    deletion = (await api.data(deleted, who=tenant.owner, id=str(tenant.teams[0])))["deleteTeam"]["deletion"]
    purge = "mutation ($id: ID!) { purgeDeletion(id: $id) { purged { documents teams } pending } }"

    data = await api.data(purge, who=tenant.owner, id=deletion["id"])

    assert data["purgeDeletion"] == {"purged": {"documents": 1, "teams": 1}, "pending": False}
    for table, column in ("documents", "id"), ("document_texts", "document_id"), ("document_chunks", "document_id"):
        left = await superuser.fetchval(
            f"SELECT array_agg({column}) FROM {table} WHERE organization_id = $1", tenant.id
        )
        assert left == tenant.documents[:1]


async def test_a_purge_with_more_chunks_than_one_operation_removes_is_left_to_the_hourly_purge(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, documents=1)
    await superuser.execute(
        """INSERT INTO document_chunks (organization_id, id, document_id, index, page, text)
           SELECT $1, gen_random_uuid(), $2, place, 1, 'A' FROM generate_series(1, 10001) AS place""",
        tenant.id,
        tenant.documents[0],
    )
    await api.data(DELETE, who=tenant.owner, id=str(tenant.documents[0]))
    deletion = await superuser.fetchval("SELECT id FROM deletions WHERE organization_id = $1", tenant.id)
    purge = "mutation ($id: ID!) { purgeDeletion(id: $id) { purged { documents } pending } }"

    data = await api.data(purge, who=tenant.owner, id=str(deletion))

    assert data["purgeDeletion"] == {"purged": {"documents": 0}, "pending": True}
    assert await superuser.fetchval("SELECT count(*) FROM documents WHERE organization_id = $1", tenant.id) == 1
    assert await superuser.fetchval("SELECT purge_at <= now() FROM deletions WHERE id = $1", deletion)
