"""Making documents of teams and of organizations."""

import asyncio
from hashlib import sha256
from typing import Any

import asyncpg
import pytest

from app.db.columns import new_id
from tests.api import Api
from tests.documents.documents import CREATE, MIB, MISTAKES
from tests.factories import Tenant, make_tenant
from tests.log import events_of
from tests.unchanged import unchanged

COUNT = "SELECT count(*) FROM documents WHERE organization_id = $1"


def of_team(tenant: Tenant, **more: Any) -> dict[str, Any]:
    given = {"organizationId": str(tenant.id), "teamId": str(tenant.teams[0]), "title": "Guide", "text": "Read me.\n"}
    return {**given, **more}


async def test_a_document_of_a_team(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)

    payload = (await api.data(CREATE, who=tenant.owner, input=of_team(tenant, source=" guide.md ")))["createDocument"]

    document_id = payload["document"].pop("id")
    assert payload == {
        "document": {
            "title": "Guide",
            "kind": "MARKDOWN",
            "source": "guide.md",
            "text": "Read me.\n",
            "size": 9,
            "textHash": sha256(b"Read me.\n").hexdigest(),
            "version": 1,
            "deletedAt": None,
            "status": "PENDING",
            "chunkCount": 0,
            "organization": {"slug": tenant.slug},
            "team": {"key": "T1"},
            "createdBy": {"email": tenant.owner},
        },
        "userErrors": [],
    }
    (event,) = [one for one in await events_of(superuser, tenant) if one["type"] == "CREATED"]
    assert (event["subject_type"], str(event["subject_id"]), event["actor_id"]) == (
        "Document",
        document_id,
        tenant.users[0],
    )
    assert event["changes"] == {
        "team_id": [None, str(tenant.teams[0])],
        "title": [None, "Guide"],
        "kind": [None, "MARKDOWN"],
        "source": [None, "guide.md"],
        "size": [None, 9],
        "text_hash": [None, sha256(b"Read me.\n").hexdigest()],
    }


async def test_a_document_of_the_organization_itself(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    given = {"organizationId": str(tenant.id), "teamId": None, "title": "Rules", "kind": "TEXT", "text": ""}

    payload = (await api.data(CREATE, who=tenant.owner, input=given))["createDocument"]

    assert payload["userErrors"] == []
    assert (payload["document"]["team"], payload["document"]["size"]) == (None, 0)


async def test_only_who_administers_the_organization_writes_its_own(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, members=2)
    given = {"organizationId": str(tenant.id), "title": "Rules", "text": "A"}

    async with unchanged(superuser, tenant):
        error = await api.error(CREATE, who=tenant.owner.replace("person1", "person2"), input=given)

    assert (error["message"], error["extensions"]["code"]) == (
        "Only the organization's owners and admins write its documents.",
        "FORBIDDEN",
    )


@pytest.mark.parametrize(("wrong", "code", "path"), MISTAKES)
async def test_a_mistake_in_the_input(
    api: Api, superuser: "asyncpg.Connection[Any]", wrong: dict[str, str], code: str, path: str
) -> None:
    tenant = await make_tenant(superuser)

    async with unchanged(superuser, tenant):
        payload = (await api.data(CREATE, who=tenant.owner, input=of_team(tenant, **wrong)))["createDocument"]

    assert payload["document"] is None
    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [(code, ["input", path])]


async def test_a_team_of_another_organization_of_the_caller_is_not_found(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant, other = await make_tenant(superuser), await make_tenant(superuser)
    await superuser.execute(
        "UPDATE organization_members SET user_id = $1 WHERE organization_id = $2", tenant.users[0], other.id
    )

    async with unchanged(superuser, tenant, other):
        given = of_team(tenant, teamId=str(other.teams[0]))
        payload = (await api.data(CREATE, who=tenant.owner, input=given))["createDocument"]

    assert payload["userErrors"] == [
        {"code": "NOT_FOUND", "message": "There is no such team in the organization.", "path": ["input", "teamId"]}
    ]


@pytest.mark.parametrize("place", ["organizationId", "teamId"])
async def test_what_is_not_there_or_deleted_gets_no_document(
    api: Api, superuser: "asyncpg.Connection[Any]", place: str
) -> None:
    tenant, stranger = await make_tenant(superuser), await make_tenant(superuser)
    theirs = stranger.id if place == "organizationId" else stranger.teams[0]
    given = {"organizationId": str(tenant.id), "title": "A", "text": "A"}

    async with unchanged(superuser, tenant, stranger):
        answers = [
            (await api.data(CREATE, who=tenant.owner, input={**given, place: str(one)}))["createDocument"]
            for one in (theirs, new_id())
        ]
    table, one = ("organizations", tenant.id) if place == "organizationId" else ("teams", tenant.teams[0])
    await superuser.execute(f"UPDATE {table} SET deleted_at = now() WHERE id = $1", one)
    deleted = (await api.data(CREATE, who=tenant.owner, input={**given, place: str(one)}))["createDocument"]

    assert [answer["userErrors"][0]["code"] for answer in (*answers, deleted)] == [
        "NOT_FOUND",
        "NOT_FOUND",
        "PARENT_DELETED",
    ]
    assert answers[0] == answers[1]
    assert await superuser.fetchval(COUNT, tenant.id) == 0


@pytest.mark.parametrize("argument", ["organizationId", "teamId"])
async def test_what_is_no_id_is_named(api: Api, superuser: "asyncpg.Connection[Any]", argument: str) -> None:
    tenant = await make_tenant(superuser)

    async with unchanged(superuser, tenant):
        error = await api.error(CREATE, who=tenant.owner, input=of_team(tenant, **{argument: ""}))

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith(f"`input.{argument}` is not an id")


async def test_a_text_of_a_mebibyte_and_one_byte_more(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    text = "\n" * (MIB - 2) + "é"  # the longest that it can get in JSON

    fits = (await api.data(CREATE, who=tenant.owner, input=of_team(tenant, text=text)))["createDocument"]
    await superuser.execute("UPDATE documents SET deleted_at = now() WHERE organization_id = $1", tenant.id)
    async with unchanged(superuser, tenant):
        longer = (await api.data(CREATE, who=tenant.owner, input=of_team(tenant, text=f"{text} ")))["createDocument"]

    assert (fits["document"]["size"], fits["document"]["text"] == text) == (MIB, True)
    assert longer["userErrors"] == [
        {
            "code": "TOO_LONG",
            "message": "At most 1,048,576 bytes in UTF-8 are allowed, not 1,048,577.",
            "path": ["input", "text"],
        }
    ]


async def test_a_new_document_is_cut_at_once(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    query = "query ($id: ID!) { document(id: $id) { status attempts version chunks { nodes { text } } } }"
    loop, waits, document_id = asyncio.get_running_loop(), [], ""
    for _ in range(3):  # the first loads the tokenizer, and the machine may be busy
        document_id, began = await create(api, tenant, "Read me.\n"), loop.time()
        await until_completed(api, tenant, document_id)
        waits.append(loop.time() - began)

    assert min(waits) < 1  # who only looked now and then would take longer
    assert await api.data(query, who=tenant.owner, id=document_id) == {
        "document": {
            "status": "COMPLETED",
            "attempts": 1,
            "version": 1,
            "chunks": {"nodes": [{"text": "Read me."}]},
        }
    }


async def create(api: Api, tenant: Tenant, text: str) -> str:
    data = await api.data(CREATE, who=tenant.owner, input=of_team(tenant, text=text))
    return str(data["createDocument"]["document"]["id"])


async def until_completed(api: Api, tenant: Tenant, document_id: str) -> None:
    query = "query ($id: ID!) { document(id: $id) { status } }"
    async with asyncio.timeout(20):
        while (await api.data(query, who=tenant.owner, id=document_id))["document"]["status"] != "COMPLETED":  # noqa: ASYNC110  # an API without subscriptions
            await asyncio.sleep(0.01)
