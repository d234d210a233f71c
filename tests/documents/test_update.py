"""Changing documents, and having failed ones cut once more."""

from hashlib import sha256
from typing import Any

import asyncpg
import pytest

from tests.api import Api
from tests.documents.documents import MISTAKES, RETRY, UPDATE
from tests.factories import make_tenant
from tests.log import events_of
from tests.unchanged import unchanged


async def test_another_text_has_the_document_cut_anew(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, documents=1)

    data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.documents[0]), input={"text": "Other"})

    assert data["updateDocument"] == {
        "document": {
            "title": "Document 1",
            "kind": "TEXT",
            "source": None,
            "text": "Other",
            "status": "PENDING",
            "version": 2,
        },
        "userErrors": [],
    }
    event = (await events_of(superuser, tenant))[0]
    assert event["type"] == "UPDATED"
    assert event["changes"] == {
        "size": [6, 5],
        "text_hash": [sha256(b"A text").hexdigest(), sha256(b"Other").hexdigest()],
        "status": ["COMPLETED", "PENDING"],
    }


async def test_another_source_leaves_the_chunks_as_they_are(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, documents=1)

    data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.documents[0]), input={"source": "a.txt"})

    document = data["updateDocument"]["document"]
    assert (document["source"], document["status"], document["version"]) == ("a.txt", "COMPLETED", 2)


async def test_what_is_the_same_changes_nothing(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, documents=1)
    same = {"title": " Document 1 ", "kind": "TEXT", "source": "", "text": "A text"}

    async with unchanged(superuser, tenant):
        data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.documents[0]), input=same)

    assert data["updateDocument"]["document"]["version"] == 1


async def test_null_clears_the_source_and_nothing_else(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, documents=1)
    await superuser.execute("UPDATE documents SET source = 'a' WHERE id = $1", tenant.documents[0])
    document_id = str(tenant.documents[0])

    cleared = await api.data(UPDATE, who=tenant.owner, id=document_id, input={"source": None})
    async with unchanged(superuser, tenant):
        kept = await api.data(
            UPDATE, who=tenant.owner, id=document_id, input={"title": None, "kind": None, "text": None}
        )

    assert cleared["updateDocument"]["document"]["source"] is None
    assert [(error["code"], error["path"][-1]) for error in kept["updateDocument"]["userErrors"]] == [
        ("INVALID", "title"),
        ("INVALID", "kind"),
        ("INVALID", "text"),
    ]


@pytest.mark.parametrize(("wrong", "code", "path"), MISTAKES)
async def test_a_mistake_in_the_input(
    api: Api, superuser: "asyncpg.Connection[Any]", wrong: dict[str, str], code: str, path: str
) -> None:
    tenant = await make_tenant(superuser, documents=1)

    async with unchanged(superuser, tenant):
        data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.documents[0]), input=wrong)

    assert data["updateDocument"]["document"] is None
    errors = data["updateDocument"]["userErrors"]
    assert [(error["code"], error["path"]) for error in errors] == [(code, ["input", path])]


async def test_a_document_that_has_changed_since_is_shown_and_left(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, documents=1)

    async with unchanged(superuser, tenant):
        data = await api.data(UPDATE, who=tenant.owner, id=str(tenant.documents[0]), input={"title": "Mine"}, version=7)

    assert data["updateDocument"]["document"]["title"] == "Document 1"
    assert [(error["code"], error["path"]) for error in data["updateDocument"]["userErrors"]] == [
        ("CONFLICT", ["expectedVersion"])
    ]


async def test_a_failed_document_is_tried_once_more(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, documents=1)
    fail = "UPDATE documents SET status = 'FAILED', processing_error = 'No.', attempts = 5 WHERE id = $1"
    await superuser.execute(fail, tenant.documents[0])

    data = await api.data(RETRY, who=tenant.owner, id=str(tenant.documents[0]))

    assert data["retryDocument"] == {
        "document": {"status": "PENDING", "attempts": 0, "processingError": None, "version": 2},
        "userErrors": [],
    }
    assert (await events_of(superuser, tenant))[0]["changes"] == {"status": ["FAILED", "PENDING"]}


async def test_a_document_that_has_not_failed_is_not_tried_again(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, documents=1)

    async with unchanged(superuser, tenant):
        data = await api.data(RETRY, who=tenant.owner, id=str(tenant.documents[0]))

    assert data["retryDocument"]["document"]["status"] == "COMPLETED"
